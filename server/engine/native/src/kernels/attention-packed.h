// Attention without AVX-512. Keys and values are packed in blocks that stay in the first cache while 24 queries are
// multiplied with them, and that are read from one end to the other: a head's keys of 30 s alone fill the second cache.
// Part of attention.cpp.
#pragma once

namespace {

#if defined(__AVX__)
constexpr int VECTORS = 2;  // as many as the registers hold for each of the queries
#else
constexpr int VECTORS = 4;
#endif
constexpr int QUERIES = 6;
constexpr int QUERIES_AT_ONCE = 4 * QUERIES;
constexpr int STEP = LANES * VECTORS;
// Rows of values that are multiplied before the next queries are: 16 kB of them.
constexpr int DEPTH = 256;

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

// Rows that lie a power of two apart would share a few lines of the cache.
inline size_t scores_stride(const Attention & a) { return a.padded + STEP; }

// out[query][i] (+)= sum over `depth` of a[query][d] * b[d][i], for STEP values of i. Every loop over the sums is
// unrolled: the compiler keeps them in registers only when none of them is found by a variable index.
template <bool ADD> inline void multiply_step(const float * a, size_t a_stride, const float * b, int depth, float * out,
                                              size_t out_stride) {
    Lanes sums[QUERIES][VECTORS];
#pragma GCC unroll 6
    for (int query = 0; query < QUERIES; query++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
            sums[query][v] = ADD ? *reinterpret_cast<const Lanes *>(out + query * out_stride + v * LANES) : Lanes{};
    }
    for (int d = 0; d < depth; d++, b += STEP) {
        Lanes row[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) row[v] = *reinterpret_cast<const Lanes *>(b + v * LANES);
#pragma GCC unroll 6
        for (int query = 0; query < QUERIES; query++) {
            const float factor = a[query * a_stride + d];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) sums[query][v] += row[v] * factor;
        }
    }
#pragma GCC unroll 6
    for (int query = 0; query < QUERIES; query++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
            *reinterpret_cast<Lanes *>(out + query * out_stride + v * LANES) = sums[query][v];
    }
}

// Keys become [block of STEP keys][value][key], values [block of STEP values][key][value]; padding is 0.
inline void pack_head(const Attention & a, int head, float * keys, float * values) {
    float rows[STEP][HEAD];
    for (int from = 0; from < a.padded; from += STEP) {
        float * block = keys + static_cast<size_t>(from) * HEAD;
        for (int i = 0; i < STEP; i++) {
            if (from + i < a.key_count) half_to_float(a.key(from + i, head), rows[i], HEAD);
            else std::fill(rows[i], rows[i] + HEAD, 0.0f);
        }
        for (int value = 0; value < HEAD; value++) {
            for (int i = 0; i < STEP; i++) block[value * STEP + i] = rows[i][value];
        }
    }
    for (int key = 0; key < a.key_count; key++) {
        half_to_float(a.value(key, head), rows[0], HEAD);
        for (int value = 0; value < HEAD; value += STEP) {
            std::memcpy(values + static_cast<size_t>(value) * a.padded + static_cast<size_t>(key) * STEP,
                        rows[0] + value, STEP * sizeof(float));
        }
    }
}

inline void attend(const Attention & a, int head, int from, const float * keys, const float * values, float * scores) {
    const int count = std::min(QUERIES_AT_ONCE, a.query_count - from);
    const int rows = (count + QUERIES - 1) / QUERIES * QUERIES;
    const size_t stride = scores_stride(a);
    float queries[QUERIES_AT_ONCE * HEAD];
    load_queries(a, head, from, count, queries);
    std::fill(queries + count * HEAD, queries + rows * HEAD, 0.0f);
    for (int i = 0; i < a.padded; i += STEP) {
        for (int query = 0; query < rows; query += QUERIES) {
            multiply_step<false>(queries + query * HEAD, HEAD, keys + static_cast<size_t>(i) * HEAD, HEAD,
                                 scores + query * stride + i, stride);
        }
    }
    float sums[QUERIES_AT_ONCE];
    for (int query = 0; query < count; query++) {
        float * row = scores + query * stride;
        sums[query] = static_cast<float>(exponentials(a.key_count, row, row, largest_of(row, a.key_count)));
    }
    float out[QUERIES_AT_ONCE * HEAD] = {};
    for (int i = 0; i < HEAD; i += STEP) {
        const float * block = values + static_cast<size_t>(i) * a.padded;
        for (int depth = 0; depth < a.key_count; depth += DEPTH) {
            const int count_here = std::min(DEPTH, a.key_count - depth);
            for (int query = 0; query < rows; query += QUERIES) {
                multiply_step<true>(scores + query * stride + depth, stride, block + static_cast<size_t>(depth) * STEP,
                                    count_here, out + query * HEAD + i, HEAD);
            }
        }
    }
    store_results(a, head, from, count, out, sums);
}

}  // namespace
