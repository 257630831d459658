// Attention with AVX-512: all keys of a head for six frames at a time. Included by attention.h.
#pragma once

namespace {

constexpr int LANES = 16;
constexpr int VECTORS = 4;  // as many as the registers hold for each of the frames
constexpr int FRAMES = 6;
constexpr int FRAMES_AT_ONCE = FRAMES;
constexpr int STEP = LANES * VECTORS;

inline size_t scores_stride(const Attention & a) { return a.padded; }

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

// out[frame][i] = sum over `depth` of a[frame][d] * b[d][i], for STEP values of i.
inline void multiply_step(const float * a, int a_stride, const float * b, int b_stride, int depth, float * out,
                          int out_stride) {
    Lanes sums[FRAMES][VECTORS] = {};
    for (int d = 0; d < depth; d++) {
        Lanes row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
            std::memcpy(&row[v], b + static_cast<size_t>(d) * b_stride + v * LANES, sizeof(Lanes));
#pragma GCC unroll 6
        for (int frame = 0; frame < FRAMES; frame++) {
            const float factor = a[frame * a_stride + d];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) sums[frame][v] += row[v] * factor;
        }
    }
    for (int frame = 0; frame < FRAMES; frame++) {
        for (int v = 0; v < VECTORS; v++)
            std::memcpy(out + frame * out_stride + v * LANES, &sums[frame][v], sizeof(Lanes));
    }
}

// Keys become [value][frame], values [frame][value]; what is padded is nothing.
inline void lay_out_head(const Attention & a, int head, float * keys, float * values) {
    float row[HEAD];
    for (int frame = 0; frame < a.seen; frame++) {
        const auto at = [&](const ggml_tensor * tensor) {
            return reinterpret_cast<const ggml_fp16_t *>(static_cast<const char *>(tensor->data) +
                                                         frame * tensor->nb[1] + head * tensor->nb[2]);
        };
        ggml_cpu_fp16_to_fp32(at(a.keys), row, HEAD);
        for (int i = 0; i < HEAD; i++) keys[static_cast<size_t>(i) * a.padded + frame] = row[i];
        ggml_cpu_fp16_to_fp32(at(a.values), values + static_cast<size_t>(frame) * HEAD, HEAD);
    }
    for (int i = 0; i < HEAD; i++)
        std::fill(keys + static_cast<size_t>(i) * a.padded + a.seen, keys + static_cast<size_t>(i + 1) * a.padded,
                  0.0f);
}

inline void attend(const Attention & a, int head, int from, const float * keys, const float * values, float * scores) {
    const int count = std::min(FRAMES, a.frames - from);
    float queries[FRAMES * HEAD] = {};
    for (int frame = 0; frame < count; frame++) {
        const char * row =
            static_cast<const char *>(a.queries->data) + (from + frame) * a.queries->nb[1] + head * a.queries->nb[2];
        for (int i = 0; i < HEAD; i++) queries[frame * HEAD + i] = reinterpret_cast<const float *>(row)[i] * a.scale;
    }
    for (int i = 0; i < a.padded; i += STEP)
        multiply_step(queries, HEAD, keys + i, a.padded, HEAD, scores + i, a.padded);
    float sums[FRAMES];
    for (int frame = 0; frame < FRAMES; frame++) {
        float * row = scores + static_cast<size_t>(frame) * a.padded;
        Lanes most;
        std::memcpy(&most, row, sizeof(most));
        // `seen` is at least KEYS_STEP, so the first lanes are no padding.
        int i = 0;
        for (; i + LANES <= a.seen; i += LANES) {
            Lanes each;
            std::memcpy(&each, row + i, sizeof(each));
            most = each > most ? each : most;
        }
        float largest = most[0];
        for (int lane = 1; lane < LANES; lane++) largest = std::max(largest, most[lane]);
        for (; i < a.seen; i++) largest = std::max(largest, row[i]);
        sums[frame] = static_cast<float>(ggml_vec_soft_max_f32(a.seen, row, row, largest));
    }
    float out[FRAMES * HEAD];
    for (int i = 0; i < HEAD; i += STEP) multiply_step(scores, a.padded, values + i, HEAD, a.seen, out + i, HEAD);
    for (int frame = 0; frame < count; frame++) {
        float * to = reinterpret_cast<float *>(static_cast<char *>(a.out->data) +
                                               (head + (from + frame) * a.out->ne[1]) * a.out->nb[1]);
        for (int i = 0; i < HEAD; i++) to[i] = out[frame * HEAD + i] / sums[frame];
    }
}

}  // namespace
