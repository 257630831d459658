// 8-bit products with AVX-512 VNNI: one instruction multiplies four values of sixteen rows. Part of a set of kernels.
#pragma once

#include <cstring>

#include "intrinsics.h"

namespace {

constexpr int COLUMNS = 12;  // more do not fit into the registers
constexpr int ACTIVATION_MAX = 127;
constexpr int ACTIVATION_ZERO = 128;
constexpr int FOUR_WEIGHTS_MAX = 0;
constexpr int GROUP_VALUES = 4;
constexpr int GROUP_COLUMNS = 1;
constexpr int FEW_GROUP_VALUES = 4;
// The more streams, the less each waits for memory.
constexpr int STREAMS = 4;
constexpr int FEW_AT_ONCE = 4;

}  // namespace

#include "panels.h"

namespace {

inline __m512i broadcast_four(const void * from) {
    int32_t four;
    std::memcpy(&four, from, sizeof(four));
    return _mm512_set1_epi32(four);
}

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    __m512 sums[N];
#pragma GCC unroll 12
    for (int n = 0; n < N; n++) sums[n] = _mm512_setzero_ps();
    for (int block = 0; block < blocks; block++) {
        const Panel & w = panel[block];
        const Tile & a = tile[block];
        const __m512i start = _mm512_load_si512(w.start);
        __m512i dots[N];
#pragma GCC unroll 12
        for (int n = 0; n < N; n++) dots[n] = start;
#pragma GCC unroll 8
        for (int group = 0; group < GROUPS; group++) {
            const __m512i rows = _mm512_load_si512(w.values[group]);
#pragma GCC unroll 12
            for (int n = 0; n < N; n++)
                dots[n] = _mm512_dpbusd_epi32(dots[n], broadcast_four(a.values[n] + 4 * group), rows);
        }
        const __m512 scales = _mm512_load_ps(w.scales);
#pragma GCC unroll 12
        for (int n = 0; n < N; n++) {
            const __m512 scale = _mm512_mul_ps(scales, _mm512_set1_ps(a.scales[n]));
            sums[n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[n]), scale, sums[n]);
        }
    }
#pragma GCC unroll 12
    for (int n = 0; n < N; n++) _mm512_storeu_ps(out + n * stride, sums[n]);
}

// Here the weights are made unsigned.
template <int S, int N> void multiply_streams(const char * panels, int64_t apart, const Column * columns, int blocks,
                                              float * out, int64_t out_apart, int64_t stride) {
    const __m512i sign = _mm512_set1_epi8(static_cast<char>(0x80));
    __m512 sums[S][N];
#pragma GCC unroll 4
    for (int s = 0; s < S; s++) {
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) sums[s][n] = _mm512_setzero_ps();
    }
    for (int block = 0; block < blocks; block++) {
#pragma GCC unroll 4
        for (int s = 0; s < S; s++) {
            const FewPanel & panel = reinterpret_cast<const FewPanel *>(panels + s * apart)[block];
            __m512i dots[N];
#pragma GCC unroll 4
            for (int n = 0; n < N; n++) dots[n] = _mm512_set1_epi32(columns[n * blocks + block].start);
#pragma GCC unroll 8
            for (int group = 0; group < GROUPS; group++) {
                const __m512i weights = _mm512_xor_si512(_mm512_loadu_si512(panel.values[group]), sign);
#pragma GCC unroll 4
                for (int n = 0; n < N; n++)
                    dots[n] = _mm512_dpbusd_epi32(dots[n], weights,
                                                  broadcast_four(columns[n * blocks + block].values + 4 * group));
            }
            const __m512 scales = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i *>(panel.scales)));
#pragma GCC unroll 4
            for (int n = 0; n < N; n++) {
                const __m512 scale = _mm512_mul_ps(scales, _mm512_set1_ps(columns[n * blocks + block].scale));
                sums[s][n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[n]), scale, sums[s][n]);
            }
        }
    }
#pragma GCC unroll 4
    for (int s = 0; s < S; s++) {
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) _mm512_storeu_ps(out + n * stride + s * out_apart, sums[s][n]);
    }
}

}  // namespace
