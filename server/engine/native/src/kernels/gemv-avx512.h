// Products for up to five columns with AVX-512 VNNI.
#pragma once

#include "gemm-avx512.h"
#include "gemv.h"

namespace {

// Rows that are read side by side: the more streams, the less each waits for memory.
constexpr int ROWS_AT_ONCE = 4;
// Prefetched so far ahead, weights arrive before they are needed: a third faster than the processor's own prefetching.
constexpr int PREFETCH_BYTES = 4096;

struct alignas(32) Column {
    int8_t values[VALUES];
    int32_t start[GROUPS];
    float scale;
};

void pack_column(const Q8Block * column, int blocks, Column * out) {
    for (int block = 0; block < blocks; block++) {
        const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(column[block].values));
        const __m256i sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), values);
        _mm256_store_si256(reinterpret_cast<__m256i *>(out[block].values), values);
        _mm256_store_si256(reinterpret_cast<__m256i *>(out[block].start),
                           _mm256_slli_epi32(_mm256_sub_epi32(_mm256_setzero_si256(), sums), 7));
        out[block].scale = _cvtsh_ss(column[block].scale);
    }
}

template <int R, int N> void multiply_rows(const Q8Block * rows, int64_t stride, const Column * activations, int blocks,
                                           float * out, int64_t out_stride) {
    const __m256i sign = _mm256_set1_epi8(static_cast<char>(0x80));
    __m256 sums[R][N];
    for (int r = 0; r < R; r++) {
        for (int n = 0; n < N; n++) sums[r][n] = _mm256_setzero_ps();
    }
    for (int block = 0; block < blocks; block++) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const Q8Block & row = rows[r * stride + block];
            const __m256i values =
                _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(row.values)), sign);
            const float scale = _cvtsh_ss(row.scale);
            _mm_prefetch(reinterpret_cast<const char *>(&row) + PREFETCH_BYTES, _MM_HINT_T0);
#pragma GCC unroll 8
            for (int n = 0; n < N; n++) {
                const Column & a = activations[n * blocks + block];
                const __m256i dots =
                    _mm256_dpbusd_epi32(_mm256_load_si256(reinterpret_cast<const __m256i *>(a.start)), values,
                                        _mm256_load_si256(reinterpret_cast<const __m256i *>(a.values)));
                sums[r][n] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots), _mm256_set1_ps(scale * a.scale), sums[r][n]);
            }
        }
    }
    for (int r = 0; r < R; r++) {
        for (int n = 0; n < N; n++) out[n * out_stride + r] = sum_of(sums[r][n]);
    }
}

template <int N> void multiply_columns(const Q8Product & p, int64_t begin, int64_t end) {
    static thread_local Scratch<Column> scratch;
    Column * activations = scratch.reserve(static_cast<size_t>(N) * p.blocks);
    for (int n = 0; n < N; n++)
        pack_column(p.activations + n * p.activation_stride, p.blocks, activations + n * p.blocks);
    int64_t row = begin;
    for (; row + ROWS_AT_ONCE <= end; row += ROWS_AT_ONCE) {
        multiply_rows<ROWS_AT_ONCE, N>(p.weights + row * p.weight_stride, p.weight_stride, activations, p.blocks,
                                       p.out + row, p.out_stride);
    }
    for (; row < end; row++)
        multiply_rows<1, N>(p.weights + row * p.weight_stride, p.weight_stride, activations, p.blocks, p.out + row,
                            p.out_stride);
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
    const int64_t padded = (length + ROWS - 1) / ROWS * ROWS;
    float * wide = scratch.reserve(padded);
    const auto mask = [&](int64_t at) {
        return static_cast<__mmask16>(length - at >= ROWS ? 0xFFFF : (1 << (length - at)) - 1);
    };
    const auto load = [&](const uint16_t * values, int64_t at) {
        return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask(at), values + at));
    };
    for (int64_t at = 0; at < padded; at += ROWS) _mm512_store_ps(wide + at, load(p.activations, at));
    int64_t row = begin;
    for (; row + ROWS_AT_ONCE <= end; row += ROWS_AT_ONCE) {
        const uint16_t * values = rows + row * stride;
        __m512 sums[ROWS_AT_ONCE];
        for (int r = 0; r < ROWS_AT_ONCE; r++) {
            sums[r] = _mm512_setzero_ps();
            _mm_prefetch(reinterpret_cast<const char *>(values + (r + 4 * ROWS_AT_ONCE) * stride), _MM_HINT_T0);
        }
        for (int64_t at = 0; at < padded; at += ROWS) {
            const __m512 factor = _mm512_load_ps(wide + at);
#pragma GCC unroll 4
            for (int r = 0; r < ROWS_AT_ONCE; r++)
                sums[r] = _mm512_fmadd_ps(load(values + r * stride, at), factor, sums[r]);
        }
        for (int r = 0; r < ROWS_AT_ONCE; r++) out[row + r] = _mm512_reduce_add_ps(sums[r]);
    }
    for (; row < end; row++) {
        __m512 sum = _mm512_setzero_ps();
        for (int64_t at = 0; at < padded; at += ROWS)
            sum = _mm512_fmadd_ps(load(rows + row * stride, at), _mm512_load_ps(wide + at), sum);
        out[row] = _mm512_reduce_add_ps(sum);
    }
}

}  // namespace
