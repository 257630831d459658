// Products of floats, for convolutions and attention. Weights are packed in groups of rows that fill some vectors, and
// every weight of a group meets a few columns while it is in a register.
#pragma once

#include <algorithm>

#include "vector.h"

namespace {

// So many vectors of rows and columns keep all sums in the registers: 2 * 12 of 32, 2 * 6 of 16 or 4 * 5 of 32, where
// each column needs one more, because a lane of it is a factor.
#if defined(__AVX512F__)
constexpr int STEP_VECTORS = 2;
constexpr int STEP_COLUMNS = 12;
#elif defined(__AVX__)
constexpr int STEP_VECTORS = 2;
constexpr int STEP_COLUMNS = 6;
#else
constexpr int STEP_VECTORS = 4;
constexpr int STEP_COLUMNS = 5;
#endif
constexpr int STEP_ROWS = LANES * STEP_VECTORS;
// Weights that are multiplied with all columns before the next are: 16 to 32 kB of them stay in the first cache.
constexpr int STEP_DEPTH = 256;

// out[column][row] (+)= sum over `depth` of in[column][d] * weights[d][row], for N columns and STEP_ROWS rows. Every
// loop over the sums is unrolled: the compiler keeps them in registers only when none is found by a variable index.
template <int N, bool ADD> inline void multiply_step(const float * in, int64_t in_stride, const float * weights,
                                                     int depth, float * out, int64_t out_stride) {
    Vector sums[N][STEP_VECTORS];
#pragma GCC unroll 12
    for (int n = 0; n < N; n++) {
#pragma GCC unroll 4
        for (int v = 0; v < STEP_VECTORS; v++) sums[n][v] = ADD ? load(out + n * out_stride + v * LANES) : Vector{};
    }
    for (int d = 0; d < depth; d++, weights += STEP_ROWS) {
        Vector rows[STEP_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < STEP_VECTORS; v++) rows[v] = load(weights + v * LANES);
#pragma GCC unroll 12
        for (int n = 0; n < N; n++) {
            const Vector factor = splat(in[n * in_stride + d]);
#pragma GCC unroll 4
            for (int v = 0; v < STEP_VECTORS; v++) sums[n][v] += rows[v] * factor;
        }
    }
#pragma GCC unroll 12
    for (int n = 0; n < N; n++) {
#pragma GCC unroll 4
        for (int v = 0; v < STEP_VECTORS; v++) store(out + n * out_stride + v * LANES, sums[n][v]);
    }
}

// The same for any number of columns.
template <bool ADD> inline void multiply_steps(const float * in, int64_t in_stride, const float * weights, int depth,
                                               int columns, float * out, int64_t out_stride) {
    int n = 0;
    for (; n + STEP_COLUMNS <= columns; n += STEP_COLUMNS)
        multiply_step<STEP_COLUMNS, ADD>(in + n * in_stride, in_stride, weights, depth, out + n * out_stride,
                                         out_stride);
    for (; n < columns; n++)
        multiply_step<1, ADD>(in + n * in_stride, in_stride, weights, depth, out + n * out_stride, out_stride);
}

int padded_rows(int rows) { return (rows + STEP_ROWS - 1) / STEP_ROWS * STEP_ROWS; }

size_t float_bytes(int rows, int length) { return sizeof(float) * padded_rows(rows) * length; }

void pack_floats(const float * weights, int rows, int length, float * out) {
    for (int from = 0; from < padded_rows(rows); from += STEP_ROWS) {
        for (int d = 0; d < length; d++) {
            for (int row = from; row < from + STEP_ROWS; row++)
                *out++ = row < rows ? weights[static_cast<int64_t>(row) * length + d] : 0.0f;
        }
    }
}

void multiply_floats(const float * weights, int rows, int length, const float * in, int64_t in_stride, int columns,
                     float * out, int64_t out_stride) {
    float last[STEP_COLUMNS * STEP_ROWS];
    for (int from = 0; from < rows; from += STEP_ROWS, weights += static_cast<int64_t>(STEP_ROWS) * length) {
        const bool is_whole = from + STEP_ROWS <= rows;
        for (int column = 0; column < columns; column += is_whole ? columns : STEP_COLUMNS) {
            const int count = is_whole ? columns : std::min(STEP_COLUMNS, columns - column);
            float * const to = is_whole ? out + from : last;
            const int64_t to_stride = is_whole ? out_stride : STEP_ROWS;
            for (int depth = 0; depth < length; depth += STEP_DEPTH) {
                const float * const piece = weights + static_cast<int64_t>(depth) * STEP_ROWS;
                const float * const values = in + column * in_stride + depth;
                const int size = std::min(STEP_DEPTH, length - depth);
                if (depth == 0) multiply_steps<false>(values, in_stride, piece, size, count, to, to_stride);
                else multiply_steps<true>(values, in_stride, piece, size, count, to, to_stride);
            }
            if (is_whole) continue;
            for (int n = 0; n < count; n++)
                std::memcpy(out + (column + n) * out_stride + from, last + n * STEP_ROWS,
                            (rows - from) * sizeof(float));
        }
    }
}

}  // namespace
