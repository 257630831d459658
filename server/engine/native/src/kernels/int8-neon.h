// 8-bit products with NEON as every 64-bit ARM processor has it, and what the sets with more instructions share with
// it. Part of a set of kernels.
//
// Sums of products begin at the bits of 1.5 * 2^23: read as a float, they are that number plus the sum, and one
// subtraction makes floats of them, exactly, for sums up to 2^22; those of a block are at most 2^19. The instruction
// that converts integers (scvtf) is four times as slow on Cortex-A76 and Neoverse N1 (ARM's optimization guides).
#pragma once

#include <arm_neon.h>

#include <cstring>

#include "kernel-set.h"

namespace {

constexpr int ACTIVATION_MAX = 127;
constexpr int ACTIVATION_ZERO = 0;
constexpr int FOUR_WEIGHTS_MAX = 0;
// Panels that are read at once, each followed by the processor by itself.
constexpr int STREAMS = 4;
constexpr int FEW_AT_ONCE = 4;
#if defined(__ARM_FEATURE_MATMUL_INT8)
constexpr int COLUMNS = 2;
constexpr int GROUP_VALUES = 8;
constexpr int GROUP_COLUMNS = 2;
constexpr int FEW_GROUP_VALUES = 4;
#elif defined(__ARM_FEATURE_DOTPROD)
constexpr int COLUMNS = 2;
constexpr int GROUP_VALUES = 4;
constexpr int GROUP_COLUMNS = 1;
constexpr int FEW_GROUP_VALUES = 4;
#else
constexpr int COLUMNS = 4;
constexpr int GROUP_VALUES = 16;
constexpr int GROUP_COLUMNS = 1;
constexpr int FEW_GROUP_VALUES = 16;
#endif

}  // namespace

#include "panels.h"

namespace {

// Vectors of four sums that the rows of a panel fill.
constexpr int QUADS = PANEL_ROWS / 4;
constexpr int32_t START_BITS = 0x4b400000;
constexpr float START = 12582912.0f;
// Hardware follows a stream to the end of a page only; so many bytes ahead, it is told where to go on.
constexpr int PREFETCH_BYTES = 2048;
constexpr int CACHE_LINE = 64;

inline float32x4_t to_floats(int32x4_t sums) { return vsubq_f32(vreinterpretq_f32_s32(sums), vdupq_n_f32(START)); }

inline int8x16_t load_bytes(const void * from) { return vld1q_s8(static_cast<const int8_t *>(from)); }

// Makes the compiler leave `memory` where it is: it would otherwise keep sums of all blocks in registers that those of
// the block at hand need far more often.
inline void keep_in_memory(float * memory) { asm volatile("" : : "r"(memory) : "memory"); }

// Makes the compiler load what follows here and no earlier: the sums, and what is loaded ahead, would not fit into the
// registers.
inline void keep_order() { asm volatile("" : : : "memory"); }

// sum += dots * scales * scale
inline float32x4_t add_scaled(float32x4_t sum, int32x4_t dots, float32x4_t scales, float scale) {
    return vfmaq_f32(sum, to_floats(dots), vmulq_n_f32(scales, scale));
}

inline void add_scaled(float * sum, int32x4_t dots, float32x4_t scales, float scale) {
    vst1q_f32(sum, add_scaled(vld1q_f32(sum), dots, scales, scale));
}

}  // namespace

#if defined(__ARM_FEATURE_DOTPROD)
#include "int8-dotprod.h"
#else

namespace {

// Products of 32 values of a row: 16 bits hold two products, but not three.
inline int32x4_t multiply_row(int8x16_t first, int8x16_t second, const int8x16_t (&values)[2]) {
    const int16x8_t low = vmlal_high_s8(vmull_s8(vget_low_s8(first), vget_low_s8(values[0])), first, values[0]);
    const int16x8_t high = vmlal_high_s8(vmull_s8(vget_low_s8(second), vget_low_s8(values[1])), second, values[1]);
    return vpadalq_s16(vpaddlq_s16(low), high);
}

// Sums of four rows, `from` the first, with one column.
inline int32x4_t multiply_quad(const int8_t (*weights)[PANEL_ROWS][16], int from, const void * column) {
    const int8_t * const at = static_cast<const int8_t *>(column);
    const int8x16_t values[2] = {load_bytes(at), load_bytes(at + 16)};
    int32x4_t rows[4];
#pragma GCC unroll 4
    for (int row = 0; row < 4; row++)
        rows[row] = multiply_row(load_bytes(weights[0][from + row]), load_bytes(weights[1][from + row]), values);
    const int32x4_t sums = vpaddq_s32(vpaddq_s32(rows[0], rows[1]), vpaddq_s32(rows[2], rows[3]));
    return vaddq_s32(sums, vdupq_n_s32(START_BITS));
}

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    float sums[N][PANEL_ROWS] = {};
    for (int block = 0; block < blocks; block++) {
#pragma GCC unroll 4
        for (int quad = 0; quad < QUADS; quad++) {
            const float32x4_t scales = vld1q_f32(panel[block].scales + 4 * quad);
            keep_in_memory(sums[0]);
#pragma GCC unroll 4
            for (int n = 0; n < N; n++)
                add_scaled(sums[n] + 4 * quad, multiply_quad(panel[block].values, 4 * quad, tile[block].values[n]),
                           scales, tile[block].scales[n]);
        }
    }
    for (int n = 0; n < N; n++) std::memcpy(out + n * stride, sums[n], sizeof(sums[n]));
}

// `sums` of N columns += the products of a block of a panel.
template <int N> [[gnu::always_inline]] inline void add_few_block(const FewPanel & panel, const Column * columns,
                                                                  int blocks, float (&sums)[N][PANEL_ROWS]) {
#pragma GCC unroll 4
    for (int quad = 0; quad < QUADS; quad++) {
        const float32x4_t scales = reinterpret_cast<float32x4_t>(load_halves(panel.scales + 4 * quad));
        keep_in_memory(sums[0]);
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) {
            const Column & column = columns[n * blocks];
            add_scaled(sums[n] + 4 * quad, multiply_quad(panel.values, 4 * quad, column.values), scales, column.scale);
        }
    }
}

}  // namespace

#endif

namespace {

template <int S, int N> void multiply_streams(const char * panels, int64_t apart, const Column * columns, int blocks,
                                              float * out, int64_t out_apart, int64_t stride) {
    float sums[S][N][PANEL_ROWS] = {};
    for (int block = 0; block < blocks; block++) {
        for (int s = 0; s < S; s++) {
            const FewPanel & panel = reinterpret_cast<const FewPanel *>(panels + s * apart)[block];
#pragma GCC unroll 9
            for (size_t line = 0; line < sizeof(FewPanel); line += CACHE_LINE)
                __builtin_prefetch(reinterpret_cast<const char *>(&panel) + PREFETCH_BYTES + line);
            add_few_block<N>(panel, columns + block, blocks, sums[s]);
        }
    }
    for (int s = 0; s < S; s++) {
        for (int n = 0; n < N; n++) std::memcpy(out + n * stride + s * out_apart, sums[s][n], sizeof(sums[s][n]));
    }
}

}  // namespace
