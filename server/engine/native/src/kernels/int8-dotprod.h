// 8-bit products with the dot products of ARMv8.2 (sdot: four values of four rows), and with the matrix products of
// ARMv8.6 (smmla: eight values of two rows and two columns) for many columns. Part of int8-neon.h.
#pragma once

namespace {

// The products of a group of four values of all rows with N columns, whose values are in a lane.
template <int LANE, int N> inline void multiply_group(const int8_t (&weights)[PANEL_ROWS][4],
                                                      const int8x16_t (&columns)[N], int32x4_t (&dots)[N][QUADS]) {
#pragma GCC unroll 4
    for (int quad = 0; quad < QUADS; quad++) {
        const int8x16_t rows = load_bytes(weights[4 * quad]);
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) dots[n][quad] = vdotq_laneq_s32(dots[n][quad], rows, columns[n], LANE);
    }
}

// The products of a block of a panel with N columns, `apart` bytes from each other.
template <int N> [[gnu::always_inline]] inline void multiply_block(const int8_t (*weights)[PANEL_ROWS][4],
                                                                   const void * columns, int64_t apart,
                                                                   int32x4_t (&dots)[N][QUADS]) {
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) {
#pragma GCC unroll 4
        for (int quad = 0; quad < QUADS; quad++) dots[n][quad] = vdupq_n_s32(START_BITS);
    }
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
        int8x16_t values[N];
        if (N > 2) keep_order();
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) values[n] = load_bytes(static_cast<const char *>(columns) + n * apart + 16 * half);
        multiply_group<0>(weights[4 * half], values, dots);
        multiply_group<1>(weights[4 * half + 1], values, dots);
        multiply_group<2>(weights[4 * half + 2], values, dots);
        multiply_group<3>(weights[4 * half + 3], values, dots);
    }
}

// `sums` of N columns += the products of a block of a panel.
template <int N> [[gnu::always_inline]] inline void add_few_block(const FewPanel & panel, const Column * columns,
                                                                  int blocks, float (&sums)[N][PANEL_ROWS]) {
    int32x4_t dots[N][QUADS];
    keep_in_memory(sums[0]);
    multiply_block<N>(panel.values, columns->values, blocks * static_cast<int64_t>(sizeof(Column)), dots);
    keep_in_memory(sums[0]);
#pragma GCC unroll 4
    for (int quad = 0; quad < QUADS; quad++) {
        const float32x4_t scales = reinterpret_cast<float32x4_t>(load_halves(panel.scales + 4 * quad));
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) add_scaled(sums[n] + 4 * quad, dots[n][quad], scales, columns[n * blocks].scale);
    }
}

#if defined(__ARM_FEATURE_MATMUL_INT8)

constexpr int ROW_PAIRS = PANEL_ROWS / 2;

// {a, a, b, b}
inline float32x4_t load_each_twice(const float * from) {
    const float32x4_t two = vcombine_f32(vld1_f32(from), vdup_n_f32(0));
    return vzip1q_f32(two, two);
}

// One column is computed as two, of which the second holds anything.
template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    // Of each pair of rows: {column 0 · row 0, column 0 · row 1, column 1 · row 0, column 1 · row 1}.
    float32x4_t sums[ROW_PAIRS] = {};
    for (int block = 0; block < blocks; block++) {
        int32x4_t dots[ROW_PAIRS];
#pragma GCC unroll 8
        for (int pair = 0; pair < ROW_PAIRS; pair++) dots[pair] = vdupq_n_s32(START_BITS);
#pragma GCC unroll 4
        for (int group = 0; group < GROUPS; group++) {
            const int8x16_t columns = load_bytes(tile[block].values[0] + 16 * group);
#pragma GCC unroll 8
            for (int pair = 0; pair < ROW_PAIRS; pair++)
                dots[pair] = vmmlaq_s32(dots[pair], columns, load_bytes(panel[block].values[group][2 * pair]));
        }
        const float32x4_t scales = load_each_twice(tile[block].scales);
#pragma GCC unroll 8
        for (int pair = 0; pair < ROW_PAIRS; pair++)
            sums[pair] = vfmaq_f32(sums[pair], to_floats(dots[pair]),
                                   vmulq_f32(vld1q_f32(panel[block].scales + 4 * pair), scales));
    }
#pragma GCC unroll 8
    for (int pair = 0; pair < ROW_PAIRS; pair++) {
        vst1_f32(out + 2 * pair, vget_low_f32(sums[pair]));
        if (N == 2) vst1_f32(out + stride + 2 * pair, vget_high_f32(sums[pair]));
    }
}

#else

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    float32x4_t sums[N][QUADS] = {};
    for (int block = 0; block < blocks; block++) {
        int32x4_t dots[N][QUADS];
        multiply_block<N>(panel[block].values, tile[block].values, BLOCK_VALUES, dots);
#pragma GCC unroll 4
        for (int quad = 0; quad < QUADS; quad++) {
            const float32x4_t scales = vld1q_f32(panel[block].scales + 4 * quad);
#pragma GCC unroll 2
            for (int n = 0; n < N; n++)
                sums[n][quad] = add_scaled(sums[n][quad], dots[n][quad], scales, tile[block].scales[n]);
        }
    }
#pragma GCC unroll 2
    for (int n = 0; n < N; n++) {
#pragma GCC unroll 4
        for (int quad = 0; quad < QUADS; quad++) vst1q_f32(out + n * stride + 4 * quad, sums[n][quad]);
    }
}

#endif

}  // namespace
