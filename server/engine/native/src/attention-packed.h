// Attention without AVX-512. Keys and values are laid out in blocks that stay in the first cache while 24 frames are
// multiplied with them, and that are read from one end to the other: a head's keys of 30 s alone fill the second cache.
// Included by attention.h.
#pragma once

namespace {

#if defined(__AVX__)
constexpr int LANES = 8;
constexpr int VECTORS = 2;  // as many as the registers hold for each of the frames
#else
constexpr int LANES = 4;
constexpr int VECTORS = 4;
#endif
constexpr int FRAMES = 6;
constexpr int FRAMES_AT_ONCE = 4 * FRAMES;
constexpr int STEP = LANES * VECTORS;
// Rows of values that are multiplied before the next frames are: 16 kB of them.
constexpr int DEPTH = 256;

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

// Rows that lie a power of two apart would share a few lines of the cache.
inline size_t scores_stride(const Attention & a) { return a.padded + STEP; }

// out[frame][i] (+)= sum over `depth` of a[frame][d] * b[d][i], for STEP values of i. Every loop over the sums is
// unrolled: the compiler keeps them in registers only when none of them is found by a variable index.
template <bool ADD> inline void multiply_step(const float * a, size_t a_stride, const float * b, int depth, float * out,
                                              size_t out_stride) {
    Lanes sums[FRAMES][VECTORS];
#pragma GCC unroll 6
    for (int frame = 0; frame < FRAMES; frame++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
            sums[frame][v] = ADD ? *reinterpret_cast<const Lanes *>(out + frame * out_stride + v * LANES) : Lanes{};
    }
    for (int d = 0; d < depth; d++, b += STEP) {
        Lanes row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) row[v] = *reinterpret_cast<const Lanes *>(b + v * LANES);
#pragma GCC unroll 6
        for (int frame = 0; frame < FRAMES; frame++) {
            const float factor = a[frame * a_stride + d];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) sums[frame][v] += row[v] * factor;
        }
    }
#pragma GCC unroll 6
    for (int frame = 0; frame < FRAMES; frame++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
            *reinterpret_cast<Lanes *>(out + frame * out_stride + v * LANES) = sums[frame][v];
    }
}

// Keys become [block of STEP frames][value][frame], values [block of STEP values][frame][value]; what is padded is
// nothing.
inline void lay_out_head(const Attention & a, int head, float * keys, float * values) {
    const auto at = [&](const ggml_tensor * tensor, int frame) {
        return reinterpret_cast<const ggml_fp16_t *>(static_cast<const char *>(tensor->data) + frame * tensor->nb[1] +
                                                     head * tensor->nb[2]);
    };
    float rows[STEP][HEAD];
    for (int from = 0; from < a.padded; from += STEP) {
        float * block = keys + static_cast<size_t>(from) * HEAD;
        for (int i = 0; i < STEP; i++) {
            if (from + i < a.seen) ggml_cpu_fp16_to_fp32(at(a.keys, from + i), rows[i], HEAD);
            else std::fill(rows[i], rows[i] + HEAD, 0.0f);
        }
        for (int value = 0; value < HEAD; value++) {
            for (int i = 0; i < STEP; i++) block[value * STEP + i] = rows[i][value];
        }
    }
    for (int frame = 0; frame < a.seen; frame++) {
        ggml_cpu_fp16_to_fp32(at(a.values, frame), rows[0], HEAD);
        for (int value = 0; value < HEAD; value += STEP) {
            std::memcpy(values + static_cast<size_t>(value) * a.padded + static_cast<size_t>(frame) * STEP,
                        rows[0] + value, STEP * sizeof(float));
        }
    }
}

inline float largest_of(const float * row, int count) {
    Lanes most = *reinterpret_cast<const Lanes *>(row);
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
        const Lanes each = *reinterpret_cast<const Lanes *>(row + i);
        most = each > most ? each : most;
    }
    float largest = most[0];
    for (int lane = 1; lane < LANES; lane++) largest = std::max(largest, most[lane]);
    for (; i < count; i++) largest = std::max(largest, row[i]);
    return largest;
}

inline void attend(const Attention & a, int head, int from, const float * keys, const float * values, float * scores) {
    const int count = std::min(FRAMES_AT_ONCE, a.frames - from);
    const int rows = (count + FRAMES - 1) / FRAMES * FRAMES;
    const size_t stride = scores_stride(a);
    float queries[FRAMES_AT_ONCE * HEAD];
    for (int frame = 0; frame < count; frame++) {
        const char * row =
            static_cast<const char *>(a.queries->data) + (from + frame) * a.queries->nb[1] + head * a.queries->nb[2];
        for (int i = 0; i < HEAD; i++) queries[frame * HEAD + i] = reinterpret_cast<const float *>(row)[i] * a.scale;
    }
    std::fill(queries + count * HEAD, queries + rows * HEAD, 0.0f);
    for (int i = 0; i < a.padded; i += STEP) {
        for (int frame = 0; frame < rows; frame += FRAMES) {
            multiply_step<false>(queries + frame * HEAD, HEAD, keys + static_cast<size_t>(i) * HEAD, HEAD,
                                 scores + frame * stride + i, stride);
        }
    }
    float sums[FRAMES_AT_ONCE];
    for (int frame = 0; frame < count; frame++) {
        float * row = scores + frame * stride;
        // `seen` is at least KEYS_STEP, so the first lanes are no padding.
        sums[frame] = static_cast<float>(ggml_vec_soft_max_f32(a.seen, row, row, largest_of(row, a.seen)));
    }
    float out[FRAMES_AT_ONCE * HEAD] = {};
    for (int i = 0; i < HEAD; i += STEP) {
        const float * block = values + static_cast<size_t>(i) * a.padded;
        for (int depth = 0; depth < a.seen; depth += DEPTH) {
            const int many = std::min(DEPTH, a.seen - depth);
            for (int frame = 0; frame < rows; frame += FRAMES) {
                multiply_step<true>(scores + frame * stride + depth, stride, block + static_cast<size_t>(depth) * STEP,
                                    many, out + frame * HEAD + i, HEAD);
            }
        }
    }
    for (int frame = 0; frame < count; frame++) {
        float * to = reinterpret_cast<float *>(static_cast<char *>(a.out->data) +
                                               (head + (from + frame) * a.out->ne[1]) * a.out->nb[1]);
        for (int i = 0; i < HEAD; i++) to[i] = out[frame * HEAD + i] / sums[frame];
    }
}

}  // namespace
