// The windows of a convolution over time (im2col): for each frame the values it is computed from, side by side. The
// library finds and converts each value by itself; here a channel's frames are converted at once. Included by
// ggml-ops.cpp, whose conversions it uses.
#pragma once

#include <algorithm>
#include <cstring>

#include "abort.h"

namespace {

// Frames whose windows are written at once: their rows stay in the second cache while all channels are added to them.
constexpr int WINDOW_FRAMES = 32;
constexpr int WINDOW_STRIDE_MAX = 2;
constexpr int WINDOW_WIDTH_MAX = 3;

// False for anything but a convolution over time with narrow windows, floats to halves: the encoder's.
inline bool convolution_windows(const ggml_compute_params * params, ggml_tensor * out) {
    const ggml_tensor * kernel = out->src[0];
    const ggml_tensor * in = out->src[1];
    const int32_t * settings = out->op_params;
    const int stride = settings[0];
    const int padding = settings[2];
    const bool is_2d = settings[6] == 1;
    const int width = static_cast<int>(kernel->ne[0]);
    if (is_2d || settings[4] != 1 || stride > WINDOW_STRIDE_MAX || width > WINDOW_WIDTH_MAX || in->ne[2] != 1 ||
        in->ne[3] != 1 || in->type != GGML_TYPE_F32 || out->type != GGML_TYPE_F16 || in->nb[0] != sizeof(float))
        return false;
    const int64_t length = in->ne[0];
    const int64_t channels = in->ne[1];
    const int64_t frames = out->ne[1];
    ggml_fp16_t * const rows = static_cast<ggml_fp16_t *>(out->data);
    const int64_t blocks = (frames + WINDOW_FRAMES - 1) / WINDOW_FRAMES;
    for (int64_t block = blocks * params->ith / params->nth; block < blocks * (params->ith + 1) / params->nth;
         block++) {
        if (sotto_is_aborted(params->threadpool)) return true;
        const int64_t first = block * WINDOW_FRAMES;
        const int many = static_cast<int>(std::min<int64_t>(WINDOW_FRAMES, frames - first));
        // What the block reads of a channel, and the part of it that exists.
        const int64_t from = first * stride - padding;
        const int reads = (many - 1) * stride + width;
        const int skipped = static_cast<int>(std::min<int64_t>(reads, std::max<int64_t>(0, -from)));
        const int there = static_cast<int>(std::max<int64_t>(0, std::min<int64_t>(reads, length - from) - skipped));
        ggml_fp16_t halves[WINDOW_FRAMES * WINDOW_STRIDE_MAX + WINDOW_WIDTH_MAX] = {};
        for (int64_t channel = 0; channel < channels; channel++) {
            const float * values =
                reinterpret_cast<const float *>(static_cast<const char *>(in->data) + channel * in->nb[1]);
            ggml_cpu_fp32_to_fp16(values + from + skipped, halves + skipped, there);
            ggml_fp16_t * to = rows + first * channels * width + channel * width;
            for (int frame = 0; frame < many; frame++, to += channels * width) {
                for (int i = 0; i < width; i++) to[i] = halves[frame * stride + i];
            }
        }
    }
    return true;
}

}  // namespace
