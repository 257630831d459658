// The encoder's attention, as in the library's flash attention: keys and values in halves, scores and sums in floats.
// The library looks at the keys in small tiles; here a head's keys and values are laid out once, and six frames at a
// time stay in the processor's registers while all of them pass by: three times as fast. Looks at aborts on the way.
// Included by ggml-ops.cpp, whose vector functions it uses.
#pragma once

#include <algorithm>
#include <cstring>

#include "abort.h"
#include "scratch.h"

namespace {

constexpr int HEAD = 64;  // values of one head in every Whisper
constexpr int KEYS_STEP = 64;

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

}  // namespace

#if defined(__AVX512F__)
#include "attention-wide.h"
#else
#include "attention-packed.h"
#endif

namespace {

// False for shapes that are not an encoder's, which are the library's.
inline bool encoder_attention(const ggml_compute_params * params, ggml_tensor * out) {
    const ggml_tensor * q = out->src[0];
    const ggml_tensor * k = out->src[1];
    const ggml_tensor * v = out->src[2];
    float settings[3];
    std::memcpy(settings, out->op_params, sizeof(settings));
    const bool plain = out->src[3] == nullptr && out->src[4] == nullptr && settings[1] == 0.0f && settings[2] == 0.0f;
    const bool fits = q->type == GGML_TYPE_F32 && k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16 &&
                      q->ne[0] == HEAD && k->ne[0] == HEAD && v->ne[0] == HEAD && q->ne[2] == k->ne[2] &&
                      q->ne[3] == 1 && q->nb[0] == sizeof(float) && k->nb[0] == sizeof(ggml_fp16_t) &&
                      v->nb[0] == sizeof(ggml_fp16_t);
    if (!plain || !fits || q->ne[1] < FRAMES || k->ne[1] < KEYS_STEP) return false;
    static thread_local Scratch<float> scratch;
    Attention a = {q, k, v, out, static_cast<int>(q->ne[1]), static_cast<int>(k->ne[1]), 0, settings[0]};
    a.padded = (a.seen + KEYS_STEP - 1) / KEYS_STEP * KEYS_STEP;
    const size_t laid_out = static_cast<size_t>(a.padded) * HEAD;
    float * keys = scratch.of(2 * laid_out + static_cast<size_t>(FRAMES_AT_ONCE) * scores_stride(a));
    float * values = keys + laid_out;
    const int tiles = (a.frames + FRAMES_AT_ONCE - 1) / FRAMES_AT_ONCE;
    const int64_t all = tiles * q->ne[2];
    int ready = -1;
    for (int64_t at = all * params->ith / params->nth; at < all * (params->ith + 1) / params->nth; at++) {
        if (sotto_is_aborted(params->threadpool)) break;
        const int head = static_cast<int>(at / tiles);
        if (head != ready) lay_out_head(a, head, keys, values);
        ready = head;
        attend(a, head, static_cast<int>(at % tiles) * FRAMES_AT_ONCE, keys, values, values + laid_out);
    }
    return true;
}

}  // namespace
