// Products for many tokens with AVX-512 VNNI: sixteen rows of weights side by side, times twelve columns of
// activations. One instruction multiplies 64 bytes, several times as fast as the library, which takes 256 bits of a row
// at a time and spends more instructions on scales and signs than on products.
#pragma once

#include "intrinsics.h"

#include <cstring>

#include "gemm.h"

namespace {

constexpr int ROWS = 16;     // weights: one a lane
constexpr int COLUMNS = 12;  // activations multiplied with them at once; more do not fit into the registers
constexpr int GROUPS = VALUES / 4;

// One scale's worth of sixteen rows.
struct alignas(64) Panel {
    int8_t values[GROUPS][ROWS][4];
    float scales[ROWS];
    int32_t start[ROWS];  // takes back what making the activations unsigned adds
};

// One scale's worth of up to COLUMNS columns, made unsigned because the instruction wants one side so.
struct alignas(32) Tile {
    uint8_t values[COLUMNS][VALUES];
    float scales[COLUMNS];
};

struct Packing {
    static constexpr int ROWS = ::ROWS;
    static constexpr int COLUMNS = ::COLUMNS;
    // Stays in the second cache while all weights pass by.
    static constexpr size_t PIECE_BYTES = 512'000;
    using Panel = ::Panel;
    using Tile = ::Tile;
    using Multiply = void (*)(const Panel *, const Tile *, int, float *, int64_t);
    static const Multiply MULTIPLY[COLUMNS + 1];

    static void pack_panel(const Q8Block * rows, int64_t stride, Panel & out);
    static void pack_tile(const Q8Block * columns, int64_t stride, int count, int blocks, Tile * out);
};

__m512i four_rows(const Q8Block * rows, int64_t stride, int row, int half) {
    const auto part = [&](int at) {
        return _mm_loadu_si128(reinterpret_cast<const __m128i *>(rows[at * stride].values + 16 * half));
    };
    __m512i all = _mm512_castsi128_si512(part(row));
    all = _mm512_inserti32x4(all, part(row + 4), 1);
    all = _mm512_inserti32x4(all, part(row + 8), 2);
    return _mm512_inserti32x4(all, part(row + 12), 3);
}

// Four bytes of every row side by side, then the next four.
void Packing::pack_panel(const Q8Block * rows, int64_t stride, Panel & out) {
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
    for (int row = 0; row < ROWS; row++) scales[row] = rows[row * stride].scale;
    _mm512_store_ps(out.scales, _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i *>(scales))));
}

void Packing::pack_tile(const Q8Block * columns, int64_t stride, int count, int blocks, Tile * out) {
    const __m256i sign = _mm256_set1_epi8(static_cast<char>(0x80));
    for (int column = 0; column < count; column++) {
        for (int block = 0; block < blocks; block++) {
            const Q8Block & from = columns[column * stride + block];
            const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from.values));
            _mm256_store_si256(reinterpret_cast<__m256i *>(out[block].values[column]), _mm256_xor_si256(values, sign));
            out[block].scales[column] = _cvtsh_ss(from.scale);
        }
    }
}

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    __m512 sums[N];
#pragma GCC unroll 16
    for (int n = 0; n < N; n++) sums[n] = _mm512_setzero_ps();
    for (int block = 0; block < blocks; block++) {
        const Panel & w = panel[block];
        const Tile & a = tile[block];
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

constexpr Packing::Multiply Packing::MULTIPLY[COLUMNS + 1] = {
    nullptr,           multiply_tile<1>,  multiply_tile<2>, multiply_tile<3>, multiply_tile<4>,
    multiply_tile<5>,  multiply_tile<6>,  multiply_tile<7>, multiply_tile<8>, multiply_tile<9>,
    multiply_tile<10>, multiply_tile<11>, multiply_tile<12>};

}  // namespace
