// One token at a time: rows of weights as they lie in memory, whose reading takes most of the time.
// Included by sgemm.cpp after the library's source, whose block types it uses.
#pragma once

#include "products.h"

#ifdef SOTTO_WIDE_PRODUCTS

namespace {

// Rows that are read side by side: more streams, less waiting.
constexpr int FEW_ROWS = 4;
// Asked for so far ahead, weights arrive before they are needed: a third faster than what the processor foresees
// itself.
constexpr int PREFETCH_BYTES = 4096;

struct alignas(32) FewActivations {
    int8_t values[VALUES];
    int32_t start[GROUPS];
    float scale;
};

void lay_out(const block_q8_0 * column, int blocks, FewActivations * out) {
    for (int block = 0; block < blocks; block++) {
        const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(column[block].qs));
        const __m256i sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), values);
        _mm256_store_si256(reinterpret_cast<__m256i *>(out[block].values), values);
        _mm256_store_si256(reinterpret_cast<__m256i *>(out[block].start),
                           _mm256_slli_epi32(_mm256_sub_epi32(_mm256_setzero_si256(), sums), 7));
        out[block].scale = _cvtsh_ss(column[block].d);
    }
}

float sum_of(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

template <int R, int N> void multiply_rows(const block_q8_0 * rows, int64_t stride, const FewActivations * activations,
                                           int blocks, float * out, int64_t out_stride) {
    const __m256i sign = _mm256_set1_epi8(static_cast<char>(0x80));
    __m256 sums[R][N];
    for (int r = 0; r < R; r++) {
        for (int n = 0; n < N; n++) sums[r][n] = _mm256_setzero_ps();
    }
    for (int block = 0; block < blocks; block++) {
#pragma GCC unroll 4
        for (int r = 0; r < R; r++) {
            const block_q8_0 & row = rows[r * stride + block];
            const __m256i values =
                _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(row.qs)), sign);
            const float scale = ggml_table_f32_f16[row.d];
            _mm_prefetch(reinterpret_cast<const char *>(&row) + PREFETCH_BYTES, _MM_HINT_T0);
#pragma GCC unroll 8
            for (int n = 0; n < N; n++) {
                const FewActivations & a = activations[n * blocks + block];
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

template <int N> void multiply_few(const Product & p, int64_t from, int64_t to) {
    static thread_local Scratch<FewActivations> scratch;
    FewActivations * activations = scratch.of(static_cast<size_t>(N) * p.blocks);
    for (int n = 0; n < N; n++) lay_out(p.columns + n * p.column_stride, p.blocks, activations + n * p.blocks);
    int64_t row = from;
    for (; row + FEW_ROWS <= to; row += FEW_ROWS) {
        multiply_rows<FEW_ROWS, N>(p.rows + row * p.row_stride, p.row_stride, activations, p.blocks, p.out + row,
                                   p.out_stride);
    }
    for (; row < to; row++)
        multiply_rows<1, N>(p.rows + row * p.row_stride, p.row_stride, activations, p.blocks, p.out + row,
                            p.out_stride);
}

using MultiplyFew = void (*)(const Product &, int64_t, int64_t);
constexpr MultiplyFew MULTIPLY_FEW[COLUMNS_MIN] = {nullptr,         multiply_few<1>, multiply_few<2>,
                                                   multiply_few<3>, multiply_few<4>, multiply_few<5>};

// Attention of one token: many short rows of halves, for each of which the library calls a function.
void multiply_halves(const ggml_fp16_t * rows, int64_t stride, const ggml_fp16_t * column, int64_t from, int64_t to,
                     int64_t length, float * out) {
    static thread_local Scratch<float> scratch;
    const int64_t padded = (length + ROWS - 1) / ROWS * ROWS;
    float * wide = scratch.of(padded);
    const auto mask = [&](int64_t at) {
        return static_cast<__mmask16>(length - at >= ROWS ? 0xFFFF : (1 << (length - at)) - 1);
    };
    const auto load = [&](const ggml_fp16_t * values, int64_t at) {
        return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask(at), values + at));
    };
    for (int64_t at = 0; at < padded; at += ROWS) _mm512_store_ps(wide + at, load(column, at));
    int64_t row = from;
    for (; row + FEW_ROWS <= to; row += FEW_ROWS) {
        const ggml_fp16_t * values = rows + row * stride;
        __m512 sums[FEW_ROWS];
        for (int r = 0; r < FEW_ROWS; r++) {
            sums[r] = _mm512_setzero_ps();
            _mm_prefetch(reinterpret_cast<const char *>(values + (r + 4 * FEW_ROWS) * stride), _MM_HINT_T0);
        }
        for (int64_t at = 0; at < padded; at += ROWS) {
            const __m512 factor = _mm512_load_ps(wide + at);
#pragma GCC unroll 4
            for (int r = 0; r < FEW_ROWS; r++)
                sums[r] = _mm512_fmadd_ps(load(values + r * stride, at), factor, sums[r]);
        }
        for (int r = 0; r < FEW_ROWS; r++) out[row + r] = _mm512_reduce_add_ps(sums[r]);
    }
    for (; row < to; row++) {
        __m512 sum = _mm512_setzero_ps();
        for (int64_t at = 0; at < padded; at += ROWS)
            sum = _mm512_fmadd_ps(load(rows + row * stride, at), _mm512_load_ps(wide + at), sum);
        out[row] = _mm512_reduce_add_ps(sum);
    }
}

}  // namespace
#endif
