// Attention of an encoder: every frame looks at every other, which in the whole window costs more than all else. The
// library looks at the keys in small tiles; here a head's keys and values are laid out once, and six frames at a time
// stay in the processor's registers while all of them pass by: three times as fast. Looks at aborts on the way.
// Included by ggml-ops.cpp, whose vector functions it uses.
#pragma once

#include <algorithm>
#include <cstring>

#include "abort.h"
#include "scratch.h"

namespace {

#if defined(__AVX512F__)
constexpr int LANES = 16;
constexpr int VECTORS = 4;  // as many as the registers hold for each of the frames
#elif defined(__AVX__)
constexpr int LANES = 8;
constexpr int VECTORS = 2;
#else
constexpr int LANES = 4;
constexpr int VECTORS = 4;
#endif
constexpr int FRAMES = 6;
constexpr int STEP = LANES * VECTORS;
constexpr int HEAD = 64;  // values of one head in every Whisper
constexpr int KEYS_STEP = 64;

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

// out[frame][i] = sum over `depth` of a[frame][d] * b[d][i], for STEP values of i.
inline void multiply_step(const float * a, int a_stride, const float * b, int b_stride, int depth, float * out, int out_stride) {
    Lanes sums[FRAMES][VECTORS] = {};
    for (int d = 0; d < depth; d++) {
        Lanes row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) std::memcpy(&row[v], b + static_cast<size_t>(d) * b_stride + v * LANES, sizeof(Lanes));
#pragma GCC unroll 6
        for (int frame = 0; frame < FRAMES; frame++) {
            const float factor = a[frame * a_stride + d];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) sums[frame][v] += row[v] * factor;
        }
    }
    for (int frame = 0; frame < FRAMES; frame++) {
        for (int v = 0; v < VECTORS; v++) std::memcpy(out + frame * out_stride + v * LANES, &sums[frame][v], sizeof(Lanes));
    }
}

struct Attention {
    const ggml_tensor * queries;
    const ggml_tensor * keys;
    const ggml_tensor * values;
    ggml_tensor * out;
    int frames;  // that look
    int seen;    // that are looked at
    int padded;
    float scale;
};

// Keys become [value][frame], values [frame][value]; what is padded is nothing.
inline void lay_out_head(const Attention & a, int head, float * keys, float * values) {
    float row[HEAD];
    for (int frame = 0; frame < a.seen; frame++) {
        const auto at = [&](const ggml_tensor * tensor) {
            return reinterpret_cast<const ggml_fp16_t *>(static_cast<const char *>(tensor->data) + frame * tensor->nb[1] + head * tensor->nb[2]);
        };
        ggml_cpu_fp16_to_fp32(at(a.keys), row, HEAD);
        for (int i = 0; i < HEAD; i++) keys[static_cast<size_t>(i) * a.padded + frame] = row[i];
        ggml_cpu_fp16_to_fp32(at(a.values), values + static_cast<size_t>(frame) * HEAD, HEAD);
    }
    for (int i = 0; i < HEAD; i++) std::fill(keys + static_cast<size_t>(i) * a.padded + a.seen, keys + static_cast<size_t>(i + 1) * a.padded, 0.0f);
}

inline void attend(const Attention & a, int head, int from, const float * keys, const float * values, float * scores) {
    const int count = std::min(FRAMES, a.frames - from);
    float queries[FRAMES * HEAD] = {};
    for (int frame = 0; frame < count; frame++) {
        const char * row = static_cast<const char *>(a.queries->data) + (from + frame) * a.queries->nb[1] + head * a.queries->nb[2];
        for (int i = 0; i < HEAD; i++) queries[frame * HEAD + i] = reinterpret_cast<const float *>(row)[i] * a.scale;
    }
    for (int i = 0; i < a.padded; i += STEP) multiply_step(queries, HEAD, keys + i, a.padded, HEAD, scores + i, a.padded);
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
        float * to = reinterpret_cast<float *>(static_cast<char *>(a.out->data) + (head + (from + frame) * a.out->ne[1]) * a.out->nb[1]);
        for (int i = 0; i < HEAD; i++) to[i] = out[frame * HEAD + i] / sums[frame];
    }
}

// False for shapes that are not an encoder's, which are the library's.
inline bool encoder_attention(const ggml_compute_params * params, ggml_tensor * out) {
    const ggml_tensor * q = out->src[0];
    const ggml_tensor * k = out->src[1];
    const ggml_tensor * v = out->src[2];
    float settings[3];
    std::memcpy(settings, out->op_params, sizeof(settings));
    const bool plain = out->src[3] == nullptr && out->src[4] == nullptr && settings[1] == 0.0f && settings[2] == 0.0f;
    const bool fits = q->type == GGML_TYPE_F32 && k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16 && q->ne[0] == HEAD && k->ne[0] == HEAD &&
                      v->ne[0] == HEAD && q->ne[2] == k->ne[2] && q->ne[3] == 1 && q->nb[0] == sizeof(float) && k->nb[0] == sizeof(ggml_fp16_t) &&
                      v->nb[0] == sizeof(ggml_fp16_t);
    if (!plain || !fits || q->ne[1] < FRAMES || k->ne[1] < KEYS_STEP) return false;
    static thread_local Scratch<float> scratch;
    Attention a = {q, k, v, out, static_cast<int>(q->ne[1]), static_cast<int>(k->ne[1]), 0, settings[0]};
    a.padded = (a.seen + KEYS_STEP - 1) / KEYS_STEP * KEYS_STEP;
    const size_t laid_out = static_cast<size_t>(a.padded) * HEAD;
    float * keys = scratch.of(2 * laid_out + static_cast<size_t>(FRAMES) * a.padded);
    float * values = keys + laid_out;
    const int tiles = (a.frames + FRAMES - 1) / FRAMES;
    const int64_t all = tiles * q->ne[2];
    int ready = -1;
    for (int64_t at = all * params->ith / params->nth; at < all * (params->ith + 1) / params->nth; at++) {
        if (sotto_is_aborted(params->threadpool)) break;
        const int head = static_cast<int>(at / tiles);
        if (head != ready) lay_out_head(a, head, keys, values);
        ready = head;
        attend(a, head, static_cast<int>(at % tiles) * FRAMES, keys, values, values + laid_out);
    }
    return true;
}

}  // namespace
