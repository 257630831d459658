// Attention with AVX-512: all keys of a head for six queries at a time. Part of attention.cpp.
#pragma once

namespace {

constexpr int VECTORS = 4;  // as many as the registers hold for each of the queries
constexpr int QUERIES = 6;
constexpr int QUERIES_AT_ONCE = QUERIES;
constexpr int STEP = LANES * VECTORS;

inline size_t scores_stride(const Attention & a) { return a.padded; }

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

// out[query][i] = sum over `depth` of a[query][d] * b[d][i], for STEP values of i.
inline void multiply_step(const float * a, int a_stride, const float * b, int b_stride, int depth, float * out,
                          int out_stride) {
    Lanes sums[QUERIES][VECTORS] = {};
    for (int d = 0; d < depth; d++) {
        Lanes row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
            std::memcpy(&row[v], b + static_cast<size_t>(d) * b_stride + v * LANES, sizeof(Lanes));
#pragma GCC unroll 6
        for (int query = 0; query < QUERIES; query++) {
            const float factor = a[query * a_stride + d];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) sums[query][v] += row[v] * factor;
        }
    }
    for (int query = 0; query < QUERIES; query++) {
        for (int v = 0; v < VECTORS; v++)
            std::memcpy(out + query * out_stride + v * LANES, &sums[query][v], sizeof(Lanes));
    }
}

// Keys become [value][key], values [key][value]; padding is 0.
inline void pack_head(const Attention & a, int head, float * keys, float * values) {
    float row[HEAD];
    for (int key = 0; key < a.key_count; key++) {
        half_to_float(a.key(key, head), row, HEAD);
        for (int i = 0; i < HEAD; i++) keys[static_cast<size_t>(i) * a.padded + key] = row[i];
        half_to_float(a.value(key, head), values + static_cast<size_t>(key) * HEAD, HEAD);
    }
    for (int i = 0; i < HEAD; i++)
        std::fill(keys + static_cast<size_t>(i) * a.padded + a.key_count, keys + static_cast<size_t>(i + 1) * a.padded,
                  0.0f);
}

inline void attend(const Attention & a, int head, int from, const float * keys, const float * values, float * scores) {
    const int count = std::min(QUERIES, a.query_count - from);
    float queries[QUERIES * HEAD] = {};
    load_queries(a, head, from, count, queries);
    for (int i = 0; i < a.padded; i += STEP)
        multiply_step(queries, HEAD, keys + i, a.padded, HEAD, scores + i, a.padded);
    float sums[QUERIES];
    for (int query = 0; query < QUERIES; query++) {
        float * row = scores + static_cast<size_t>(query) * a.padded;
        sums[query] = static_cast<float>(exponentials(a.key_count, row, row, largest_of(row, a.key_count)));
    }
    float out[QUERIES * HEAD];
    for (int i = 0; i < HEAD; i += STEP) multiply_step(scores, a.padded, values + i, HEAD, a.key_count, out + i, HEAD);
    store_results(a, head, from, count, out, sums);
}

}  // namespace
