// The encoder's attention. It keeps what the library's flash attention keeps in floats or halves: keys and values in
// halves, scores and sums in floats. The library takes the keys in small tiles; here a head's keys and values are
// packed once, and a few queries at a time stay in the processor's registers while all of them pass by: three times as
// fast.
#include <algorithm>
#include <cstring>

#include "ggml.h"
#include "scratch.h"
#include "variant.h"

namespace {

using sotto::upstream::exponentials;
using sotto::upstream::half_to_float;

constexpr int HEAD = 64;  // values of one head in every Whisper
constexpr int KEYS_STEP = 64;

#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif
typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));

struct Attention {
    const ggml_tensor * queries;
    const ggml_tensor * keys;
    const ggml_tensor * values;
    ggml_tensor * out;
    int query_count;
    int key_count;
    int padded;  // key_count rounded up
    float scale;

    const float * query(int index, int head) const {
        return reinterpret_cast<const float *>(row(queries, index, head));
    }
    const uint16_t * key(int index, int head) const {
        return reinterpret_cast<const uint16_t *>(row(keys, index, head));
    }
    const uint16_t * value(int index, int head) const {
        return reinterpret_cast<const uint16_t *>(row(values, index, head));
    }
    float * result(int index, int head) const {
        return reinterpret_cast<float *>(static_cast<char *>(out->data) + (head + index * out->ne[1]) * out->nb[1]);
    }

  private:
    static const char * row(const ggml_tensor * tensor, int index, int head) {
        return static_cast<const char *>(tensor->data) + index * tensor->nb[1] + head * tensor->nb[2];
    }
};

// Queries from `from` on, multiplied with the scale.
inline void load_queries(const Attention & a, int head, int from, int count, float * queries) {
    for (int query = 0; query < count; query++) {
        const float * row = a.query(from + query, head);
        for (int i = 0; i < HEAD; i++) queries[query * HEAD + i] = row[i] * a.scale;
    }
}

inline void store_results(const Attention & a, int head, int from, int count, const float * out, const float * sums) {
    for (int query = 0; query < count; query++) {
        float * row = a.result(from + query, head);
        for (int i = 0; i < HEAD; i++) row[i] = out[query * HEAD + i] / sums[query];
    }
}

// `count` is at least KEYS_STEP, so it fills some vectors.
inline float largest_of(const float * row, int count) {
    Vector lanes;
    std::memcpy(&lanes, row, sizeof(lanes));
    int i = LANES;
    for (; i + LANES <= count; i += LANES) {
        Vector each;
        std::memcpy(&each, row + i, sizeof(each));
        lanes = each > lanes ? each : lanes;
    }
    float largest = lanes[0];
    for (int lane = 1; lane < LANES; lane++) largest = std::max(largest, lanes[lane]);
    for (; i < count; i++) largest = std::max(largest, row[i]);
    return largest;
}

}  // namespace

#if defined(__AVX512F__)
#include "attention-avx512.h"
#else
#include "attention-packed.h"
#endif

namespace sotto::SOTTO_VARIANT {

static bool is_encoder_attention(const ggml_tensor * out, const float (&settings)[3]) {
    const ggml_tensor * q = out->src[0];
    const ggml_tensor * k = out->src[1];
    const ggml_tensor * v = out->src[2];
    // Neither mask nor sinks, no position bias and no soft cap.
    const bool is_plain =
        out->src[3] == nullptr && out->src[4] == nullptr && settings[1] == 0.0f && settings[2] == 0.0f;
    return is_plain && q->type == GGML_TYPE_F32 && k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16 &&
           q->ne[0] == HEAD && k->ne[0] == HEAD && v->ne[0] == HEAD && q->ne[2] == k->ne[2] && q->ne[3] == 1 &&
           q->nb[0] == sizeof(float) && k->nb[0] == sizeof(ggml_fp16_t) && v->nb[0] == sizeof(ggml_fp16_t) &&
           q->ne[1] >= QUERIES && k->ne[1] >= KEYS_STEP;
}

bool attention(const ThreadShare & share, ggml_tensor * out) {
    float settings[3];  // scale, bias, soft cap
    std::memcpy(settings, out->op_params, sizeof(settings));
    if (!is_encoder_attention(out, settings)) return false;
    const ggml_tensor * q = out->src[0];
    const ggml_tensor * k = out->src[1];
    static thread_local Scratch<float> scratch;
    Attention a = {q, k, out->src[2], out, static_cast<int>(q->ne[1]), static_cast<int>(k->ne[1]), 0, settings[0]};
    a.padded = (a.key_count + KEYS_STEP - 1) / KEYS_STEP * KEYS_STEP;
    const size_t packed = static_cast<size_t>(a.padded) * HEAD;
    float * keys = scratch.reserve(2 * packed + static_cast<size_t>(QUERIES_AT_ONCE) * scores_stride(a));
    float * values = keys + packed;
    const int tiles = (a.query_count + QUERIES_AT_ONCE - 1) / QUERIES_AT_ONCE;
    const int64_t total = tiles * q->ne[2];
    int packed_head = -1;
    for (int64_t at = share.begin(total); at < share.end(total); at++) {
        if (upstream::is_aborted(share)) break;
        const int head = static_cast<int>(at / tiles);
        if (head != packed_head) pack_head(a, head, keys, values);
        packed_head = head;
        attend(a, head, static_cast<int>(at % tiles) * QUERIES_AT_ONCE, keys, values, values + packed);
    }
    return true;
}

}  // namespace sotto::SOTTO_VARIANT
