// The library's operations, three of which are replaced: attention of an encoder (attention.h), the windows of its
// convolutions (windows.h), and the activation of its layers, which the library looks up in a table, one value after
// the other. Here its vector exponential computes it: x * sigmoid(2u) with u = sqrt(2/pi) * x * (1 + 0.044715 x^2).
#define ggml_vec_gelu_f32 library_vec_gelu_f32
#include "vec.h"
#undef ggml_vec_gelu_f32

#include <algorithm>

static void ggml_vec_gelu_f32(const int n, float * y, const float * x) {
    constexpr float SCALE = 2 * 0.79788456080286535588f;
    constexpr int PIECE = 256;
    float inner[PIECE];
    for (int from = 0; from < n; from += PIECE) {
        const int count = std::min(PIECE, n - from);
        for (int i = 0; i < count; i++) inner[i] = SCALE * x[from + i] * (1.0f + 0.044715f * x[from + i] * x[from + i]);
        float silu[PIECE];
        ggml_vec_silu_f32(count, silu, inner);
        for (int i = 0; i < count; i++)
            y[from + i] = silu[i] / (SCALE * (1.0f + 0.044715f * x[from + i] * x[from + i]));
    }
}

#define ggml_compute_forward_flash_attn_ext library_flash_attn_ext
#define ggml_compute_forward_im2col library_im2col
#include "ggml-cpu/ops.cpp"
#undef ggml_compute_forward_flash_attn_ext
#undef ggml_compute_forward_im2col

#include "attention.h"
#include "kernels.h"
#include "windows.h"

extern "C" void ggml_compute_forward_flash_attn_ext(const struct ggml_compute_params * params,
                                                    struct ggml_tensor * dst) {
    if (sotto_only_library || !encoder_attention(params, dst)) library_flash_attn_ext(params, dst);
}

extern "C" void ggml_compute_forward_im2col(const struct ggml_compute_params * params, struct ggml_tensor * dst) {
    if (sotto_only_library || !convolution_windows(params, dst)) library_im2col(params, dst);
}
