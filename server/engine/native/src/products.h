// Many tokens at once: sixteen rows of weights laid side by side, times twelve columns of activations.
// Included by sgemm.cpp after the library's source, whose block types it uses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "abort.h"
#include "scratch.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#define SOTTO_WIDE_PRODUCTS 1

#include <immintrin.h>

namespace {

constexpr int ROWS = 16;     // weights: one a lane
constexpr int COLUMNS = 12;  // activations that are multiplied with them at once; more do not fit into the registers
constexpr int VALUES = 32;   // of one scale
constexpr int GROUPS = VALUES / 4;
// Laying weights out is not worth it for a few tokens.
constexpr int COLUMNS_MIN = 6;
// Activations are laid out in pieces of this size, which stay in the second cache while all weights pass by.
constexpr size_t PIECE_BYTES = 512'000;

// One scale's worth of sixteen rows.
struct alignas(64) Weights {
    int8_t values[GROUPS][ROWS][4];
    float scales[ROWS];
    int32_t start[ROWS];  // takes back what making the activations unsigned adds
};

// One scale's worth of up to COLUMNS columns, made unsigned because the instruction wants one side so.
struct alignas(32) Activations {
    uint8_t values[COLUMNS][VALUES];
    float scales[COLUMNS];
};

__m512i four_rows(const block_q8_0 * rows, int64_t stride, int row, int half) {
    const auto part = [&](int at) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i *>(rows[at * stride].qs + 16 * half));
    };
    __m512i all = _mm512_castsi128_si512(part(row));
    all = _mm512_inserti32x4(all, part(row + 4), 1);
    all = _mm512_inserti32x4(all, part(row + 8), 2);
    return _mm512_inserti32x4(all, part(row + 12), 3);
}

// Four bytes of every row side by side, then the next four.
void lay_out(const block_q8_0 * rows, int64_t stride, Weights & out) {
    __m512i sum = _mm512_setzero_si512();
    const __m512i ones = _mm512_set1_epi8(1);
    for (int half = 0; half < 2; half++) {
        const __m512i a = four_rows(rows, stride, 0, half);
        const __m512i b = four_rows(rows, stride, 1, half);
        const __m512i c = four_rows(rows, stride, 2, half);
        const __m512i d = four_rows(rows, stride, 3, half);
        const __m512i ab = _mm512_unpacklo_epi32(a, b);
        const __m512i cd = _mm512_unpacklo_epi32(c, d);
        const __m512i AB = _mm512_unpackhi_epi32(a, b);
        const __m512i CD = _mm512_unpackhi_epi32(c, d);
        const __m512i groups[4] = {_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd),
                                   _mm512_unpacklo_epi64(AB, CD), _mm512_unpackhi_epi64(AB, CD)};
        for (int i = 0; i < 4; i++) {
            _mm512_store_si512(out.values[4 * half + i], groups[i]);
            sum = _mm512_dpbusd_epi32(sum, ones, groups[i]);
        }
    }
    _mm512_store_si512(out.start, _mm512_slli_epi32(_mm512_sub_epi32(_mm512_setzero_si512(), sum), 7));
    alignas(32) uint16_t scales[ROWS];
    for (int row = 0; row < ROWS; row++) scales[row] = rows[row * stride].d;
    _mm512_store_ps(out.scales, _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i *>(scales))));
}

void lay_out(const block_q8_0 * columns, int64_t stride, int count, int blocks, Activations * out) {
    const __m256i sign = _mm256_set1_epi8(static_cast<char>(0x80));
    for (int column = 0; column < count; column++) {
        for (int block = 0; block < blocks; block++) {
            const block_q8_0 & from = columns[column * stride + block];
            const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from.qs));
            _mm256_store_si256(reinterpret_cast<__m256i *>(out[block].values[column]), _mm256_xor_si256(values, sign));
            out[block].scales[column] = _cvtsh_ss(from.d);
        }
    }
}

template <int N>
void multiply(const Weights * weights, const Activations * activations, int blocks, float * out, int64_t stride) {
    __m512 sums[N];
#pragma GCC unroll 16
    for (int n = 0; n < N; n++) sums[n] = _mm512_setzero_ps();
    for (int block = 0; block < blocks; block++) {
        const Weights & w = weights[block];
        const Activations & a = activations[block];
        const __m512i start = _mm512_load_si512(w.start);
        __m512i dots[N];
#pragma GCC unroll 16
        for (int n = 0; n < N; n++) dots[n] = start;
#pragma GCC unroll 8
        for (int group = 0; group < GROUPS; group++) {
            const __m512i rows = _mm512_load_si512(w.values[group]);
#pragma GCC unroll 16
            for (int n = 0; n < N; n++) {
                int32_t four;
                std::memcpy(&four, &a.values[n][4 * group], sizeof(four));
                dots[n] = _mm512_dpbusd_epi32(dots[n], _mm512_set1_epi32(four), rows);
            }
        }
        const __m512 scales = _mm512_load_ps(w.scales);
#pragma GCC unroll 16
        for (int n = 0; n < N; n++) {
            const __m512 scale = _mm512_mul_ps(scales, _mm512_set1_ps(a.scales[n]));
            sums[n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[n]), scale, sums[n]);
        }
    }
#pragma GCC unroll 16
    for (int n = 0; n < N; n++) _mm512_storeu_ps(out + n * stride, sums[n]);
}

using Multiply = void (*)(const Weights *, const Activations *, int, float *, int64_t);
constexpr Multiply MULTIPLY[COLUMNS + 1] = {nullptr,      multiply<1>,  multiply<2>, multiply<3>, multiply<4>,
                                            multiply<5>,  multiply<6>,  multiply<7>, multiply<8>, multiply<9>,
                                            multiply<10>, multiply<11>, multiply<12>};

struct Product {
    const ggml_compute_params * params;
    const block_q8_0 * rows;
    int64_t row_stride;
    const block_q8_0 * columns;
    int64_t column_stride;
    float * out;
    int64_t out_stride;
    int blocks;
};

// Panels of sixteen rows from `from` to `to`, with all columns.
void multiply_panels(const Product & p, int64_t from, int64_t to, int64_t columns) {
    static thread_local Scratch<Weights> weight_scratch;
    static thread_local Scratch<Activations> activation_scratch;
    const int64_t tiles_max =
        std::max<int64_t>(1, static_cast<int64_t>(PIECE_BYTES / (sizeof(Activations) * p.blocks)));
    Weights * weights = weight_scratch.of(p.blocks);
    for (int64_t first = 0; first < columns; first += tiles_max * COLUMNS) {
        const int64_t last = std::min(columns, first + tiles_max * COLUMNS);
        const int64_t tiles = (last - first + COLUMNS - 1) / COLUMNS;
        Activations * activations = activation_scratch.of(tiles * p.blocks);
        const auto count = [&](int64_t tile) {
            return static_cast<int>(std::min<int64_t>(COLUMNS, last - first - tile * COLUMNS));
        };
        for (int64_t tile = 0; tile < tiles; tile++) {
            lay_out(p.columns + (first + tile * COLUMNS) * p.column_stride, p.column_stride, count(tile), p.blocks,
                    activations + tile * p.blocks);
        }
        for (int64_t panel = from; panel < to; panel++) {
            if (sotto_is_aborted(p.params->threadpool)) return;
            const block_q8_0 * rows = p.rows + panel * ROWS * p.row_stride;
            for (int block = 0; block < p.blocks; block++) lay_out(rows + block, p.row_stride, weights[block]);
            for (int64_t tile = 0; tile < tiles; tile++) {
                float * out = p.out + (first + tile * COLUMNS) * p.out_stride + panel * ROWS;
                MULTIPLY[count(tile)](weights, activations + tile * p.blocks, p.blocks, out, p.out_stride);
            }
        }
    }
}

}  // namespace
#endif
