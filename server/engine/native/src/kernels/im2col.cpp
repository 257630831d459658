// im2col of a convolution over time: for each output frame the input values it is computed from, side by side. The
// library finds and converts each value by itself; here a channel's frames are converted at once.
#include <algorithm>

#include "ggml.h"
#include "variant.h"

namespace sotto::SOTTO_VARIANT {

namespace {

// Output frames written at once: their rows stay in the second cache while all channels are added to them.
constexpr int FRAMES_AT_ONCE = 32;
constexpr int STRIDE_MAX = 2;
constexpr int WIDTH_MAX = 3;

// As the operation's parameters have it.
struct Convolution {
    explicit Convolution(const ggml_tensor * out)
        : stride(out->op_params[0]), padding(out->op_params[2]), dilation(out->op_params[4]),
          is_2d(out->op_params[6] == 1), width(static_cast<int>(out->src[0]->ne[0])) {}

    int stride;
    int padding;
    int dilation;
    bool is_2d;
    int width;
};

bool is_encoder_convolution(const Convolution & c, const ggml_tensor * in, const ggml_tensor * out) {
    return !c.is_2d && c.dilation == 1 && c.stride <= STRIDE_MAX && c.width <= WIDTH_MAX && in->ne[2] == 1 &&
           in->ne[3] == 1 && in->type == GGML_TYPE_F32 && out->type == GGML_TYPE_F16 && in->nb[0] == sizeof(float);
}

}  // namespace

bool im2col(const ThreadShare & share, ggml_tensor * out) {
    const ggml_tensor * in = out->src[1];
    const Convolution c(out);
    if (!is_encoder_convolution(c, in, out)) return false;
    const int64_t length = in->ne[0];
    const int64_t channels = in->ne[1];
    const int64_t frames = out->ne[1];
    ggml_fp16_t * const rows = static_cast<ggml_fp16_t *>(out->data);
    const int64_t blocks = (frames + FRAMES_AT_ONCE - 1) / FRAMES_AT_ONCE;
    for (int64_t block = share.begin(blocks); block < share.end(blocks); block++) {
        if (upstream::is_aborted(share)) return true;
        const int64_t first = block * FRAMES_AT_ONCE;
        const int count = static_cast<int>(std::min<int64_t>(FRAMES_AT_ONCE, frames - first));
        // What the block reads of a channel; its first values and its last may lie in the padding.
        const int64_t from = first * c.stride - c.padding;
        const int reads = (count - 1) * c.stride + c.width;
        const int skipped = static_cast<int>(std::min<int64_t>(reads, std::max<int64_t>(0, -from)));
        const int present = static_cast<int>(std::max<int64_t>(0, std::min<int64_t>(reads, length - from) - skipped));
        ggml_fp16_t halves[FRAMES_AT_ONCE * STRIDE_MAX + WIDTH_MAX] = {};
        for (int64_t channel = 0; channel < channels; channel++) {
            const float * values =
                reinterpret_cast<const float *>(static_cast<const char *>(in->data) + channel * in->nb[1]);
            upstream::float_to_half(values + from + skipped, halves + skipped, present);
            ggml_fp16_t * to = rows + first * channels * c.width + channel * c.width;
            for (int frame = 0; frame < count; frame++, to += channels * c.width) {
                for (int i = 0; i < c.width; i++) to[i] = halves[frame * c.stride + i];
            }
        }
    }
    return true;
}

}  // namespace sotto::SOTTO_VARIANT
