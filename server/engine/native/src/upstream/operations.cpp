// ggml's operations with our kernels in their place: matrix products, the encoder's attention, the im2col of its
// convolutions and the activation of its layers. Each library function is compiled under another name, and stays the
// fallback for every shape that a kernel of ours does not take.
#include "intrinsics.h"

#define ggml_vec_gelu_f32 library_gelu
#include "vec.h"
#undef ggml_vec_gelu_f32

#include "c-hooks.h"
#include "kernels/kernels.h"
#include "upstream.h"

static void ggml_vec_gelu_f32(const int count, float * out, const float * in) {
    const sotto::Kernels * kernels = sotto::selected_kernels();
    if (kernels == nullptr) library_gelu(count, out, in);
    else kernels->gelu(count, out, in);
}

#define ggml_compute_forward_flash_attn_ext library_flash_attn_ext
#define ggml_compute_forward_im2col library_im2col
#include "ggml-cpu/ops.cpp"
#undef ggml_compute_forward_flash_attn_ext
#undef ggml_compute_forward_im2col

#define llamafile_sgemm library_sgemm
#include "llamafile/sgemm.cpp"
#undef llamafile_sgemm

using sotto::upstream::Q8Block;
static_assert(sizeof(Q8Block) == sizeof(block_q8_0) && sotto::upstream::Q8_VALUES == QK8_0 &&
                  offsetof(Q8Block, values) == offsetof(block_q8_0, qs),
              "the library's q8_0 block has changed");

namespace sotto::upstream {

static ThreadShare share_of(const ggml_compute_params * params) {
    return {params->ith, params->nth, params->threadpool};
}

bool is_aborted(const ThreadShare & share) {
    return sotto_is_aborted(static_cast<const ggml_threadpool *>(share.pool));
}

double exponentials(int count, float * out, const float * in, float max) {
    return ggml_vec_soft_max_f32(count, out, in, max);
}
void silu(int count, float * out, const float * in) { ggml_vec_silu_f32(count, out, in); }
void half_to_float(const uint16_t * in, float * out, int64_t count) { ggml_cpu_fp16_to_fp32(in, out, count); }
void float_to_half(const float * in, uint16_t * out, int64_t count) { ggml_cpu_fp32_to_fp16(in, out, count); }

}  // namespace sotto::upstream

extern "C" void ggml_compute_forward_flash_attn_ext(const struct ggml_compute_params * params,
                                                    struct ggml_tensor * out) {
    const sotto::Kernels * kernels = sotto::selected_kernels();
    if (kernels != nullptr && kernels->attention(sotto::upstream::share_of(params), out)) return;
    library_flash_attn_ext(params, out);
}

extern "C" void ggml_compute_forward_im2col(const struct ggml_compute_params * params, struct ggml_tensor * out) {
    const sotto::Kernels * kernels = sotto::selected_kernels();
    if (kernels != nullptr && kernels->im2col(sotto::upstream::share_of(params), out)) return;
    library_im2col(params, out);
}

// m rows of weights, n columns of activations, k blocks of 32 values each (or k half floats); strides in blocks (or
// halves) and in floats.
extern "C" bool llamafile_sgemm(const struct ggml_compute_params * params, int64_t m, int64_t n, int64_t k,
                                const void * A, int64_t lda, const void * B, int64_t ldb, void * C, int64_t ldc,
                                int Atype, int Btype, int Ctype) {
    const sotto::Kernels * kernels = sotto::selected_kernels();
    if (kernels == nullptr || Atype != Btype || Ctype != GGML_TYPE_F32)
        return library_sgemm(params, m, n, k, A, lda, B, ldb, C, ldc, Atype, Btype, Ctype);
    const sotto::upstream::ThreadShare share = sotto::upstream::share_of(params);
    float * const out = static_cast<float *>(C);
    if (Atype == GGML_TYPE_F16 && n == 1 && kernels->multiply_f16 != nullptr) {
        kernels->multiply_f16(share,
                              {static_cast<const uint16_t *>(A), lda, static_cast<const uint16_t *>(B), out, m, k});
        return true;
    }
    if (Atype != GGML_TYPE_Q8_0 || kernels->multiply_q8 == nullptr)
        return library_sgemm(params, m, n, k, A, lda, B, ldb, C, ldc, Atype, Btype, Ctype);
    const Q8Block * const weights = static_cast<const Q8Block *>(A);
    const int64_t done = kernels->multiply_q8(
        share, {weights, lda, static_cast<const Q8Block *>(B), ldb, out, ldc, m, n, static_cast<int>(k)});
    if (done == m) return true;
    return library_sgemm(params, m - done, n, k, weights + done * lda, lda, B, ldb, out + done, ldc, Atype, Btype,
                         Ctype);
}
