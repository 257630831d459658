// 8-bit products with AVX2, FMA and F16C, and with AVX-VNNI where a set is compiled for it. Part of a set of kernels.
//
// Without VNNI, the byte product (vpmaddubsw) takes one unsigned side and adds two products into 16 bits, which is as
// much as they hold. For many columns, activations have 7 bits and are made unsigned, and weights of a block are made a
// little smaller where four of one sign, which are added in 16 bits, could overflow. That saves a third of the
// instructions. For a few columns, which wait for memory and not for the processor, all 8 bits are multiplied.
#pragma once

#include <cstring>

#include "intrinsics.h"

namespace {

#if defined(__AVXVNNI__)
constexpr int COLUMNS = 6;
constexpr int ACTIVATION_MAX = 127;
constexpr int ACTIVATION_ZERO = 128;
constexpr int FOUR_WEIGHTS_MAX = 0;
#else
constexpr int COLUMNS = 4;
constexpr int ACTIVATION_MAX = 63;
constexpr int ACTIVATION_ZERO = 64;
constexpr int FOUR_WEIGHTS_MAX = 258;  // times 127 it is the most that 16 bits hold
#endif
constexpr int GROUP_VALUES = 4;
constexpr int GROUP_COLUMNS = 1;
constexpr int FEW_GROUP_VALUES = 4;
// A processor follows each of these streams by itself and keeps more reads under way than for one: 17 GB/s instead of
// 9, one core of an EPYC (Zen 3).
constexpr int STREAMS = 4;
constexpr int FEW_AT_ONCE = 4;

}  // namespace

#include "panels.h"

namespace {

constexpr int HALF = PANEL_ROWS / 2;

inline __m256i load_bytes(const void * from) { return _mm256_load_si256(static_cast<const __m256i *>(from)); }

inline __m256i broadcast_four(const void * from) {
    int32_t four;
    std::memcpy(&four, from, sizeof(four));
    return _mm256_set1_epi32(four);
}

// Makes the compiler leave `memory` where it is. It would otherwise keep the sums of all blocks in registers, and move
// those of the block at hand, which are needed far more often, out of them: half as fast.
inline void keep_in_memory(float * memory) { asm volatile("" : : "r"(memory) : "memory"); }

// Sixteen registers hold the sums of two vectors of rows times COLUMNS, the weights, a group of activations and what is
// between them.
template <int N> inline void multiply_block(const Panel & panel, const Tile & tile, __m256i (&dots)[2][N]) {
#pragma GCC unroll 2
    for (int part = 0; part < 2; part++) {
#pragma GCC unroll 6
        for (int n = 0; n < N; n++) dots[part][n] = load_bytes(panel.start + part * HALF);
    }
#if defined(__AVXVNNI__)
#pragma GCC unroll 8
    for (int group = 0; group < GROUPS; group++) {
        const __m256i first = load_bytes(panel.values[group][0]);
        const __m256i second = load_bytes(panel.values[group][HALF]);
#pragma GCC unroll 6
        for (int n = 0; n < N; n++) {
            const __m256i four = broadcast_four(tile.values[n] + 4 * group);
            dots[0][n] = _mm256_dpbusd_avx_epi32(dots[0][n], four, first);
            dots[1][n] = _mm256_dpbusd_avx_epi32(dots[1][n], four, second);
        }
    }
#else
    const __m256i ones = _mm256_set1_epi16(1);
#pragma GCC unroll 4
    for (int group = 0; group < GROUPS; group += 2) {
        const __m256i weights[2][2] = {
            {load_bytes(panel.values[group][0]), load_bytes(panel.values[group + 1][0])},
            {load_bytes(panel.values[group][HALF]), load_bytes(panel.values[group + 1][HALF])}};
#pragma GCC unroll 6
        for (int n = 0; n < N; n++) {
            const __m256i four = broadcast_four(tile.values[n] + 4 * group);
            const __m256i next = broadcast_four(tile.values[n] + 4 * group + 4);
#pragma GCC unroll 2
            for (int part = 0; part < 2; part++) {
                const __m256i both = _mm256_add_epi16(_mm256_maddubs_epi16(four, weights[part][0]),
                                                      _mm256_maddubs_epi16(next, weights[part][1]));
                dots[part][n] = _mm256_add_epi32(dots[part][n], _mm256_madd_epi16(both, ones));
            }
        }
    }
#endif
}

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    alignas(32) float sums[N][PANEL_ROWS] = {};
    for (int block = 0; block < blocks; block++) {
        keep_in_memory(sums[0]);
        __m256i dots[2][N];
        multiply_block<N>(panel[block], tile[block], dots);
        keep_in_memory(sums[0]);
#pragma GCC unroll 2
        for (int part = 0; part < 2; part++) {
            const __m256 scales = _mm256_load_ps(panel[block].scales + part * HALF);
#pragma GCC unroll 6
            for (int n = 0; n < N; n++) {
                float * const sum = sums[n] + part * HALF;
                const __m256 scale = _mm256_mul_ps(scales, _mm256_broadcast_ss(&tile[block].scales[n]));
                _mm256_store_ps(sum, _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[part][n]), scale, _mm256_load_ps(sum)));
            }
        }
    }
    for (int n = 0; n < N; n++) std::memcpy(out + n * stride, sums[n], sizeof(sums[n]));
}

// The products of a block of a panel with N columns.
template <int N>
inline void multiply_few_block(const FewPanel & panel, const Column * columns, int blocks, __m256i (&dots)[2][N]) {
#if defined(__AVXVNNI__)
    const __m256i sign = _mm256_set1_epi8(static_cast<char>(0x80));
#else
    const __m256i ones = _mm256_set1_epi16(1);
#endif
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) {
#if defined(__AVXVNNI__)
        dots[0][n] = dots[1][n] = _mm256_set1_epi32(columns[n * blocks].start);
#else
        dots[0][n] = dots[1][n] = _mm256_setzero_si256();
#endif
    }
#pragma GCC unroll 8
    for (int group = 0; group < GROUPS; group++) {
#pragma GCC unroll 2
        for (int part = 0; part < 2; part++) {
            const __m256i weights = load_bytes(panel.values[group][part * HALF]);
#if defined(__AVXVNNI__)
            const __m256i sizes = _mm256_xor_si256(weights, sign);
#else
            const __m256i sizes = _mm256_abs_epi8(weights);
#endif
#pragma GCC unroll 4
            for (int n = 0; n < N; n++) {
                const __m256i four = broadcast_four(columns[n * blocks].values + 4 * group);
#if defined(__AVXVNNI__)
                dots[part][n] = _mm256_dpbusd_avx_epi32(dots[part][n], sizes, four);
#else
                // Two products of 128 and 127 still fit into 16 bits.
                const __m256i both = _mm256_maddubs_epi16(sizes, _mm256_sign_epi8(four, weights));
                dots[part][n] = _mm256_add_epi32(dots[part][n], _mm256_madd_epi16(both, ones));
#endif
            }
        }
    }
}

template <int S, int N> void multiply_streams(const char * panels, int64_t apart, const Column * columns, int blocks,
                                              float * out, int64_t out_apart, int64_t stride) {
    alignas(32) float sums[S][N][PANEL_ROWS] = {};
    for (int block = 0; block < blocks; block++) {
#pragma GCC unroll 4
        for (int s = 0; s < S; s++) {
            const FewPanel & panel = reinterpret_cast<const FewPanel *>(panels + s * apart)[block];
            __m256i dots[2][N];
            multiply_few_block<N>(panel, columns + block, blocks, dots);
            if (N > 1) keep_in_memory(sums[0][0]);
#pragma GCC unroll 2
            for (int part = 0; part < 2; part++) {
                const __m256 scales =
                    _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i *>(panel.scales + part * HALF)));
#pragma GCC unroll 4
                for (int n = 0; n < N; n++) {
                    float * const sum = sums[s][n] + part * HALF;
                    const __m256 scale = _mm256_mul_ps(scales, _mm256_broadcast_ss(&columns[n * blocks + block].scale));
                    _mm256_store_ps(sum,
                                    _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[part][n]), scale, _mm256_load_ps(sum)));
                }
            }
            if (N > 1) keep_in_memory(sums[0][0]);
        }
    }
#pragma GCC unroll 4
    for (int s = 0; s < S; s++) {
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) std::memcpy(out + n * stride + s * out_apart, sums[s][n], sizeof(sums[s][n]));
    }
}

}  // namespace
