// Parts of ggml that the build leaves out, because nothing in Whisper on a processor uses them, and that the rest of
// the library asks for: buffers that are spread over several devices, and products of the IQ quantizations, which then
// run by their dot products.
#include <cstdlib>

#include "ggml-backend-impl.h"
#include "ggml-cpu/iqp.h"

bool ggml_backend_buffer_is_meta(ggml_backend_buffer_t) { return false; }
bool ggml_backend_buft_is_meta(ggml_backend_buffer_type_t) { return false; }

void ggml_backend_meta_buffer_set_usage(ggml_backend_buffer_t, ggml_backend_buffer_usage) { std::abort(); }
ggml_backend_buffer_t ggml_backend_meta_alloc_ctx_tensors_from_buft(ggml_context *, ggml_backend_buffer_type_t) {
    std::abort();
}

bool ggml_cpu_iqp_supports_mul_mat(const ggml_tensor *) { return false; }
bool ggml_cpu_iqp_supports_mul_mat_id(const ggml_tensor *) { return false; }
bool ggml_cpu_iqp_mul_mat_id_min_batch(int64_t) { return false; }
size_t ggml_cpu_iqp_scratch_size(const ggml_tensor *) { return 0; }
void ggml_compute_forward_mul_mat_iqp(const ggml_compute_params *, ggml_tensor *) { std::abort(); }
void ggml_compute_forward_mul_mat_id_iqp(const ggml_compute_params *, ggml_tensor *, int64_t, int64_t, const int32_t *,
                                         void *) {
    std::abort();
}
