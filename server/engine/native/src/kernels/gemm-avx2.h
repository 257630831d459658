// Products for many tokens with AVX2, FMA and F16C: sixteen rows of weights side by side, times six columns of
// activations. Bytes are widened to 16 bits once, when they are packed: multiplying pairs of them (vpmaddwd) is exact
// for every value and as many instructions as the byte product (vpmaddubsw), which needs the signs moved from one side
// to the other for each pair of vectors.
#pragma once

#include "intrinsics.h"

#include <cstring>

#include "gemm.h"

namespace {

constexpr int LANES = 8;
constexpr int ROWS = 2 * LANES;  // weights: two vectors of eight rows
constexpr int COLUMNS = 6;  // two times six sums, two vectors of weights, a pair and its product: sixteen registers
constexpr int PAIRS = VALUES / 2;

// One scale's worth of sixteen rows.
struct alignas(64) Panel {
    int16_t values[PAIRS][ROWS][2];
    float scales[ROWS];
};

// One scale's worth of up to COLUMNS columns.
struct alignas(64) Tile {
    int16_t values[COLUMNS][VALUES];
    float scales[COLUMNS];
};

struct Packing {
    static constexpr int ROWS = ::ROWS;
    static constexpr int COLUMNS = ::COLUMNS;
    // Reading activations takes little of a product's time, even from the last cache; packing weights for fewer columns
    // takes more.
    static constexpr size_t PIECE_BYTES = 1'000'000;
    using Panel = ::Panel;
    using Tile = ::Tile;
    using Multiply = void (*)(const Panel *, const Tile *, int, float *, int64_t);
    static const Multiply MULTIPLY[COLUMNS + 1];

    static void pack_panel(const Q8Block * rows, int64_t stride, Panel & out);
    static void pack_tile(const Q8Block * columns, int64_t stride, int count, int blocks, Tile * out);
};

// sums + a * b, where a and b are pairs of 16 bits.
inline __m256i add_pairs(__m256i sums, __m256i a, __m256i b) {
#if defined(__AVXVNNI__)
    return _mm256_dpwssd_avx_epi32(sums, a, b);
#else
    return _mm256_add_epi32(sums, _mm256_madd_epi16(a, b));
#endif
}

// Pairs of bytes of eight rows, side by side: [pair][row].
void transpose_pairs(const Q8Block * rows, int64_t stride, uint16_t (*out)[LANES]) {
    __m256i r[LANES];
    for (int i = 0; i < LANES; i++)
        r[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(rows[i * stride].values));
    __m256i a[LANES];
    for (int i = 0; i < 4; i++) {
        a[i] = _mm256_unpacklo_epi16(r[2 * i], r[2 * i + 1]);
        a[i + 4] = _mm256_unpackhi_epi16(r[2 * i], r[2 * i + 1]);
    }
    for (int half = 0; half < 2; half++) {
        const __m256i * p = a + 4 * half;
        const __m256i low[2] = {_mm256_unpacklo_epi32(p[0], p[1]), _mm256_unpacklo_epi32(p[2], p[3])};
        const __m256i high[2] = {_mm256_unpackhi_epi32(p[0], p[1]), _mm256_unpackhi_epi32(p[2], p[3])};
        const __m256i pairs[4] = {_mm256_unpacklo_epi64(low[0], low[1]), _mm256_unpackhi_epi64(low[0], low[1]),
                                  _mm256_unpacklo_epi64(high[0], high[1]), _mm256_unpackhi_epi64(high[0], high[1])};
        for (int i = 0; i < 4; i++) {
            _mm_store_si128(reinterpret_cast<__m128i *>(out[4 * half + i]), _mm256_castsi256_si128(pairs[i]));
            _mm_store_si128(reinterpret_cast<__m128i *>(out[LANES + 4 * half + i]),
                            _mm256_extracti128_si256(pairs[i], 1));
        }
    }
}

void Packing::pack_panel(const Q8Block * rows, int64_t stride, Panel & out) {
    for (int part = 0; part < ROWS; part += LANES) {
        alignas(16) uint16_t pairs[PAIRS][LANES];
        transpose_pairs(rows + part * stride, stride, pairs);
        for (int pair = 0; pair < PAIRS; pair++) {
            const __m128i bytes = _mm_load_si128(reinterpret_cast<const __m128i *>(pairs[pair]));
            _mm256_store_si256(reinterpret_cast<__m256i *>(out.values[pair][part]), _mm256_cvtepi8_epi16(bytes));
        }
    }
    alignas(32) uint16_t scales[ROWS];
    for (int row = 0; row < ROWS; row++) scales[row] = rows[row * stride].scale;
    for (int part = 0; part < ROWS; part += LANES) {
        _mm256_store_ps(out.scales + part,
                        _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i *>(scales + part))));
    }
}

void Packing::pack_tile(const Q8Block * columns, int64_t stride, int count, int blocks, Tile * out) {
    for (int column = 0; column < count; column++) {
        for (int block = 0; block < blocks; block++) {
            const Q8Block & from = columns[column * stride + block];
            for (int half = 0; half < VALUES; half += 16) {
                const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from.values + half));
                _mm256_store_si256(reinterpret_cast<__m256i *>(out[block].values[column] + half),
                                   _mm256_cvtepi8_epi16(bytes));
            }
            out[block].scales[column] = _cvtsh_ss(from.scale);
        }
    }
}

// Makes the compiler leave `memory` where it is. It would otherwise keep the sums of all blocks in registers, and move
// those of the block at hand, which are needed far more often, out of them: half as fast.
inline void keep_in_memory(float * memory) { asm volatile("" : : "r"(memory) : "memory"); }

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    alignas(32) float sums[N][ROWS] = {};
    for (int block = 0; block < blocks; block++) {
        keep_in_memory(sums[0]);
        const int16_t * weights = panel[block].values[0][0];
        const int16_t * activations = tile[block].values[0];
        __m256i dots[2][N];
#pragma GCC unroll 8
        for (int n = 0; n < N; n++) dots[0][n] = dots[1][n] = _mm256_setzero_si256();
#pragma GCC unroll 4
        for (int pair = 0; pair < PAIRS; pair++) {
            const __m256i first = _mm256_load_si256(reinterpret_cast<const __m256i *>(weights + pair * ROWS * 2));
            const __m256i second =
                _mm256_load_si256(reinterpret_cast<const __m256i *>(weights + pair * ROWS * 2 + 2 * LANES));
#pragma GCC unroll 8
            for (int n = 0; n < N; n++) {
                int32_t two;
                std::memcpy(&two, activations + n * VALUES + 2 * pair, sizeof(two));
                const __m256i both = _mm256_set1_epi32(two);
                dots[0][n] = add_pairs(dots[0][n], first, both);
                dots[1][n] = add_pairs(dots[1][n], second, both);
            }
        }
        keep_in_memory(sums[0]);
#pragma GCC unroll 2
        for (int part = 0; part < 2; part++) {
            const __m256 scales = _mm256_load_ps(panel[block].scales + part * LANES);
#pragma GCC unroll 8
            for (int n = 0; n < N; n++) {
                float * sum = sums[n] + part * LANES;
                const __m256 scale = _mm256_mul_ps(scales, _mm256_broadcast_ss(&tile[block].scales[n]));
                _mm256_store_ps(sum, _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[part][n]), scale, _mm256_load_ps(sum)));
            }
        }
    }
    for (int n = 0; n < N; n++) std::memcpy(out + n * stride, sums[n], sizeof(sums[n]));
}

constexpr Packing::Multiply Packing::MULTIPLY[COLUMNS + 1] = {nullptr,          multiply_tile<1>, multiply_tile<2>,
                                                              multiply_tile<3>, multiply_tile<4>, multiply_tile<5>,
                                                              multiply_tile<6>};

}  // namespace
