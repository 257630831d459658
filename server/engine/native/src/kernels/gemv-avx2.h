// Products for up to five columns with AVX2, FMA and F16C.
#pragma once

#include <cstring>

#include "gemm-avx2.h"
#include "gemv.h"

namespace {

// Rows that are read at once, from as many parts of the matrix. A processor follows each of these streams by itself and
// keeps more reads under way than for neighbouring rows: 17 GB/s instead of 9, one core of an EPYC (Zen 3).
constexpr int STREAMS = 4;
// Rows of halves, which may lie far apart, are prefetched so many rows ahead.
constexpr int HALVES_AHEAD = 8;
// In a line of the cache; a head's keys of one frame are two.
constexpr int LINE_HALVES = 32;

struct alignas(32) Column {
    int8_t values[VALUES];
    float scale;
};

void pack_column(const Q8Block * column, int blocks, Column * out) {
    for (int block = 0; block < blocks; block++) {
        std::memcpy(out[block].values, column[block].values, sizeof(out[block].values));
        out[block].scale = _cvtsh_ss(column[block].scale);
    }
}

// R rows of weights, `stride` blocks apart, whose results lie `apart` floats from each other.
template <int R, int N> void multiply_rows(const Q8Block * rows, int64_t stride, const Column * activations, int blocks,
                                           float * out, int64_t apart, int64_t out_stride) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256 sums[R][N];
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
        for (int n = 0; n < N; n++) sums[r][n] = _mm256_setzero_ps();
    }
    for (int block = 0; block < blocks; block++) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const Q8Block & row = rows[r * stride + block];
            const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(row.values));
            // One side of the byte product is unsigned. Two products of 128 and 127 still fit into 16 bits.
            const __m256i sizes = _mm256_abs_epi8(values);
            const float scale = _cvtsh_ss(row.scale);
#pragma GCC unroll 8
            for (int n = 0; n < N; n++) {
                const Column & a = activations[n * blocks + block];
                const __m256i signs =
                    _mm256_sign_epi8(_mm256_load_si256(reinterpret_cast<const __m256i *>(a.values)), values);
                const __m256i dots = _mm256_madd_epi16(_mm256_maddubs_epi16(sizes, signs), ones);
                sums[r][n] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots), _mm256_set1_ps(scale * a.scale), sums[r][n]);
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 8
        for (int n = 0; n < N; n++) out[n * out_stride + r * apart] = sum_of(sums[r][n]);
    }
}

template <int N> void multiply_columns(const Q8Product & p, int64_t begin, int64_t end) {
    static thread_local Scratch<Column> scratch;
    Column * activations = scratch.reserve(static_cast<size_t>(N) * p.blocks);
    for (int n = 0; n < N; n++)
        pack_column(p.activations + n * p.activation_stride, p.blocks, activations + n * p.blocks);
    const int64_t part = (end - begin) / STREAMS;
    for (int64_t row = begin; row < begin + part; row++) {
        const Q8Block * rows = p.weights + row * p.weight_stride;
        multiply_rows<STREAMS, N>(rows, part * p.weight_stride, activations, p.blocks, p.out + row, part, p.out_stride);
    }
    for (int64_t row = begin + STREAMS * part; row < end; row++) {
        multiply_rows<1, N>(p.weights + row * p.weight_stride, 0, activations, p.blocks, p.out + row, 0, p.out_stride);
    }
}

using MultiplyColumns = void (*)(const Q8Product &, int64_t, int64_t);
constexpr MultiplyColumns MULTIPLY_COLUMNS[GEMV_COLUMNS_MAX + 1] = {
    nullptr, multiply_columns<1>, multiply_columns<2>, multiply_columns<3>, multiply_columns<4>, multiply_columns<5>};

// The decoder's attention: many short rows of half floats, for each of which the library calls a function.
void multiply_halves(const F16Product & p, int64_t begin, int64_t end) {
    const auto * rows = p.weights;
    const int64_t stride = p.weight_stride;
    const int64_t length = p.length;
    float * out = p.out;
    static thread_local Scratch<float> scratch;
    const int64_t whole = length / LANES * LANES;
    float * wide = scratch.reserve(length + LANES);
    const auto load = [](const uint16_t * values) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(values)));
    };
    for (int64_t at = 0; at < whole; at += LANES) _mm256_store_ps(wide + at, load(p.activations + at));
    for (int64_t at = whole; at < length; at++) wide[at] = _cvtsh_ss(p.activations[at]);
    const auto finish = [&](const uint16_t * values, __m256 sum) {
        float total = sum_of(sum);
        for (int64_t at = whole; at < length; at++) total += _cvtsh_ss(values[at]) * wide[at];
        return total;
    };
    const int64_t part = (end - begin) / STREAMS;
    for (int64_t row = begin; row < begin + part; row++) {
        const uint16_t * values = rows + row * stride;
        __m256 sums[STREAMS];
#pragma GCC unroll 4
        for (int r = 0; r < STREAMS; r++) {
            sums[r] = _mm256_setzero_ps();
            const uint16_t * ahead = values + (r * part + HALVES_AHEAD) * stride;
            _mm_prefetch(reinterpret_cast<const char *>(ahead), _MM_HINT_T0);
            _mm_prefetch(reinterpret_cast<const char *>(ahead + LINE_HALVES), _MM_HINT_T0);
        }
        for (int64_t at = 0; at < whole; at += LANES) {
            const __m256 factor = _mm256_load_ps(wide + at);
#pragma GCC unroll 4
            for (int r = 0; r < STREAMS; r++)
                sums[r] = _mm256_fmadd_ps(load(values + r * part * stride + at), factor, sums[r]);
        }
#pragma GCC unroll 4
        for (int r = 0; r < STREAMS; r++) out[row + r * part] = finish(values + r * part * stride, sums[r]);
    }
    for (int64_t row = begin + STREAMS * part; row < end; row++) {
        const uint16_t * values = rows + row * stride;
        __m256 sum = _mm256_setzero_ps();
        for (int64_t at = 0; at < whole; at += LANES)
            sum = _mm256_fmadd_ps(load(values + at), _mm256_load_ps(wide + at), sum);
        out[row] = finish(values, sum);
    }
}

}  // namespace
