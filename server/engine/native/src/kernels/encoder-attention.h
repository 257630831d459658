// The encoder's attention. A head's keys and values are packed once, in blocks that are read from one end to the other;
// some queries at a time are multiplied with each block while it is in the first cache.
#pragma once

#include <algorithm>

#include "elementwise.h"
#include "float-products.h"
#include "kernel-set.h"

namespace {

using sotto::HEAD_VALUES;

// Queries whose scores are in memory at once.
constexpr int QUERIES = 24 / STEP_COLUMNS * STEP_COLUMNS;
static_assert(HEAD_VALUES % STEP_ROWS == 0, "steps divide heads");

inline int padded_keys(int count) { return (count + STEP_ROWS - 1) / STEP_ROWS * STEP_ROWS; }

// Rows that lie a power of two apart would share a few lines of the cache.
inline int64_t scores_stride(int count) { return padded_keys(count) + 16; }

size_t attention_scratch(int count) {
    return 2 * static_cast<size_t>(padded_keys(count)) * HEAD_VALUES + QUERIES * scores_stride(count);
}

// Keys become [block of STEP_ROWS keys][value][key], values [block of STEP_ROWS values][key][value]; padding is 0.
void pack_head(const float * keys, const float * values, int64_t stride, int count, float * scratch) {
    const int padded = padded_keys(count);
    float * const packed_values = scratch + static_cast<size_t>(padded) * HEAD_VALUES;
    for (int from = 0; from < padded; from += STEP_ROWS) {
        float * const block = scratch + static_cast<size_t>(from) * HEAD_VALUES;
        for (int key = from; key < from + STEP_ROWS; key++) {
            const float * const row = keys + key * stride;
            for (int i = 0; i < HEAD_VALUES; i++) block[i * STEP_ROWS + key - from] = key < count ? row[i] : 0.0f;
        }
    }
    for (int key = 0; key < count; key++) {
        for (int i = 0; i < HEAD_VALUES; i += STEP_ROWS)
            std::memcpy(packed_values + static_cast<size_t>(i) * padded + static_cast<size_t>(key) * STEP_ROWS,
                        values + key * stride + i, STEP_ROWS * sizeof(float));
    }
}

// values[i] = 2^(values[i] - max), and their sum. A polynomial of less degree than that of `exponential` is exact to 3
// millionths, which is far below what the 8 bits of the products before and behind attention leave.
inline float powers_of_two(int count, float * values, float max) {
    const Vector lowest = splat(-126.0f);
    Vector sums{};
    const int whole = count / LANES * LANES;
    const auto power = [&](Vector x) {
        const Vector clamped = larger(lowest, x - max);
        const Vector shifted = clamped + ROUNDER;
        const Vector r = clamped - (shifted - ROUNDER);
        Vector p = splat(9.5828533e-3f);
        p = p * r + 5.5906430e-2f;
        p = p * r + 2.4024099e-1f;
        p = p * r + 6.9312419e-1f;
        p = p * r + 1.0f;
        return times_power_of_two(p, shifted);
    };
    for (int i = 0; i < whole; i += LANES) {
        const Vector out = power(load(values + i));
        store(values + i, out);
        sums += out;
    }
    float sum = sum_of(sums);
    if (whole < count) {
        // There is room for a whole vector: rows of scores are padded.
        const Vector out = power(load(values + whole));
        store(values + whole, out);
        for (int lane = 0; lane < count - whole; lane++) sum += out[lane];
    }
    return sum;
}

void attend_some(float * queries, int64_t stride, int queries_here, int count, float scale, float * scratch) {
    const int padded = padded_keys(count);
    const float * const keys = scratch;
    const float * const values = scratch + static_cast<size_t>(padded) * HEAD_VALUES;
    float * const scores = scratch + 2 * static_cast<size_t>(padded) * HEAD_VALUES;
    const int64_t scores_apart = scores_stride(count);
    float scaled[QUERIES * HEAD_VALUES];
    for (int query = 0; query < queries_here; query++) {
        for (int i = 0; i < HEAD_VALUES; i++)
            scaled[query * HEAD_VALUES + i] = queries[query * stride + i] * (scale * LOG2_E);
    }
    for (int i = 0; i < padded; i += STEP_ROWS)
        multiply_steps<false>(scaled, HEAD_VALUES, keys + static_cast<size_t>(i) * HEAD_VALUES, HEAD_VALUES,
                              queries_here, scores + i, scores_apart);
    float sums[QUERIES];
    for (int query = 0; query < queries_here; query++) {
        float * const row = scores + query * scores_apart;
        sums[query] = powers_of_two(count, row, largest(count, row));
    }
    for (int i = 0; i < HEAD_VALUES; i += STEP_ROWS) {
        const float * const block = values + static_cast<size_t>(i) * padded;
        for (int depth = 0; depth < count; depth += STEP_DEPTH) {
            const float * const piece = block + static_cast<size_t>(depth) * STEP_ROWS;
            const float * const here = scores + depth;
            const int size = std::min(STEP_DEPTH, count - depth);
            if (depth == 0) multiply_steps<false>(here, scores_apart, piece, size, queries_here, queries + i, stride);
            else multiply_steps<true>(here, scores_apart, piece, size, queries_here, queries + i, stride);
        }
    }
    for (int query = 0; query < queries_here; query++) {
        float * const row = queries + query * stride;
        const float factor = 1.0f / sums[query];
        for (int i = 0; i < HEAD_VALUES; i += LANES) store(row + i, load(row + i) * factor);
    }
}

void attend(float * queries, int64_t stride, int begin, int end, int count, float scale, float * scratch) {
    for (int query = begin; query < end; query += QUERIES)
        attend_some(queries + query * stride, stride, std::min(QUERIES, end - query), count, scale, scratch);
}

}  // namespace
