// One token or a few with AVX2: rows of weights as they lie in memory, whose reading takes most of the time.
// Included by sgemm.cpp after the library's source, whose block types it uses.
#pragma once

#include "products-avx2.h"

#ifdef SOTTO_AVX2_PRODUCTS

namespace {

// Rows that are read at once, from as many parts of the matrix. A processor follows each of these streams by itself and
// keeps more reads under way than for neighbouring rows: 17 GB/s instead of 9, one core of an EPYC (Zen 3).
constexpr int STREAMS = 4;
// Rows of halves, which may lie far apart, are asked for so many rows ahead.
constexpr int HALVES_AHEAD = 8;
// In a line of the cache; a head's keys of one frame are two.
constexpr int LINE_HALVES = 32;

struct alignas(32) FewActivations {
    int8_t values[VALUES];
    float scale;
};

void lay_out_few(const block_q8_0 * column, int blocks, FewActivations * out) {
    for (int block = 0; block < blocks; block++) {
        std::memcpy(out[block].values, column[block].qs, sizeof(out[block].values));
        out[block].scale = _cvtsh_ss(column[block].d);
    }
}

inline float sum_of(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

// R rows of weights, `stride` blocks apart, whose results lie `apart` floats from each other.
template <int R, int N> void multiply_rows(const block_q8_0 * rows, int64_t stride, const FewActivations * activations,
                                           int blocks, float * out, int64_t apart, int64_t out_stride) {
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
            const block_q8_0 & row = rows[r * stride + block];
            const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(row.qs));
            // One side of the byte product is unsigned. Two products of 128 and 127 still fit into 16 bits.
            const __m256i sizes = _mm256_abs_epi8(values);
            const float scale = _cvtsh_ss(row.d);
#pragma GCC unroll 8
            for (int n = 0; n < N; n++) {
                const FewActivations & a = activations[n * blocks + block];
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

template <int N> void multiply_few(const Product & p, int64_t from, int64_t to) {
    static thread_local Scratch<FewActivations> scratch;
    FewActivations * activations = scratch.of(static_cast<size_t>(N) * p.blocks);
    for (int n = 0; n < N; n++) lay_out_few(p.columns + n * p.column_stride, p.blocks, activations + n * p.blocks);
    const int64_t part = (to - from) / STREAMS;
    for (int64_t row = from; row < from + part; row++) {
        const block_q8_0 * rows = p.rows + row * p.row_stride;
        multiply_rows<STREAMS, N>(rows, part * p.row_stride, activations, p.blocks, p.out + row, part, p.out_stride);
    }
    for (int64_t row = from + STREAMS * part; row < to; row++) {
        multiply_rows<1, N>(p.rows + row * p.row_stride, 0, activations, p.blocks, p.out + row, 0, p.out_stride);
    }
}

using MultiplyFew = void (*)(const Product &, int64_t, int64_t);
constexpr MultiplyFew MULTIPLY_FEW[COLUMNS_MIN] = {nullptr,         multiply_few<1>, multiply_few<2>,
                                                   multiply_few<3>, multiply_few<4>, multiply_few<5>};

// Attention of one token: many short rows of halves, for each of which the library calls a function.
void multiply_halves(const ggml_fp16_t * rows, int64_t stride, const ggml_fp16_t * column, int64_t from, int64_t to,
                     int64_t length, float * out) {
    static thread_local Scratch<float> scratch;
    const int64_t whole = length / LANES * LANES;
    float * wide = scratch.of(length + LANES);
    const auto load = [](const ggml_fp16_t * values) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(values)));
    };
    for (int64_t at = 0; at < whole; at += LANES) _mm256_store_ps(wide + at, load(column + at));
    for (int64_t at = whole; at < length; at++) wide[at] = _cvtsh_ss(column[at]);
    const auto finish = [&](const ggml_fp16_t * values, __m256 sum) {
        float total = sum_of(sum);
        for (int64_t at = whole; at < length; at++) total += _cvtsh_ss(values[at]) * wide[at];
        return total;
    };
    const int64_t part = (to - from) / STREAMS;
    for (int64_t row = from; row < from + part; row++) {
        const ggml_fp16_t * values = rows + row * stride;
        __m256 sums[STREAMS];
#pragma GCC unroll 4
        for (int r = 0; r < STREAMS; r++) {
            sums[r] = _mm256_setzero_ps();
            const ggml_fp16_t * ahead = values + (r * part + HALVES_AHEAD) * stride;
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
    for (int64_t row = from + STREAMS * part; row < to; row++) {
        const ggml_fp16_t * values = rows + row * stride;
        __m256 sum = _mm256_setzero_ps();
        for (int64_t at = 0; at < whole; at += LANES)
            sum = _mm256_fmadd_ps(load(values + at), _mm256_load_ps(wide + at), sum);
        out[row] = finish(values, sum);
    }
}

}  // namespace
#endif
