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
template <int N> [[gnu::always_inline]] inline void multiply_block(const int8_t (*weights)[PANEL_ROWS][4], const void * columns, int64_t apart,
                                            int32x4_t (&dots)[N][QUADS]) {
#pragma GCC unroll 4
    for (int n = 0; n < N; n++) {
#pragma GCC unroll 4
        for (int quad = 0; quad < QUADS; quad++) dots[n][quad] = vdupq_n_s32(START_BITS);
    }
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
        int8x16_t values[N];
        keep_order();
#pragma GCC unroll 4
        for (int n = 0; n < N; n++) values[n] = load_bytes(static_cast<const char *>(columns) + n * apart + 16 * half);
        multiply_group<0>(weights[4 * half], values, dots);
        multiply_group<1>(weights[4 * half + 1], values, dots);
        multiply_group<2>(weights[4 * half + 2], values, dots);
        multiply_group<3>(weights[4 * half + 3], values, dots);
    }
}

// `sums` of N columns += the products of a block of a panel.
template <int N> [[gnu::always_inline]] inline void add_few_block(const FewPanel & panel, const Column * columns, int blocks,
                                           float (&sums)[N][PANEL_ROWS]) {
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

// The products of a block of a panel with so many pairs of columns: of each pair of rows and of columns
// {column 0 · row 0, column 0 · row 1, column 1 · row 0, column 1 · row 1}.
template <int PAIRS> [[gnu::always_inline]] inline void multiply_pairs(const Panel & panel, const Tile & tile,
                                                int32x4_t (&dots)[PAIRS][ROW_PAIRS]) {
#pragma GCC unroll 2
    for (int pair = 0; pair < PAIRS; pair++) {
#pragma GCC unroll 8
        for (int rows = 0; rows < ROW_PAIRS; rows++) dots[pair][rows] = vdupq_n_s32(START_BITS);
    }
#pragma GCC unroll 4
    for (int group = 0; group < GROUPS; group++) {
        int8x16_t columns[PAIRS];
        keep_order();
#pragma GCC unroll 2
        for (int pair = 0; pair < PAIRS; pair++) columns[pair] = load_bytes(tile.values[2 * pair] + 16 * group);
#pragma GCC unroll 8
        for (int rows = 0; rows < ROW_PAIRS; rows++) {
            const int8x16_t weights = load_bytes(panel.values[group][2 * rows]);
#pragma GCC unroll 2
            for (int pair = 0; pair < PAIRS; pair++)
                dots[pair][rows] = vmmlaq_s32(dots[pair][rows], columns[pair], weights);
        }
    }
}

// {a, a, b, b}
inline float32x4_t load_each_twice(const float * from) {
    const float32x2_t two = vld1_f32(from);
    return vcombine_f32(vzip1_f32(two, two), vzip2_f32(two, two));
}

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    constexpr int PAIRS = (N + 1) / 2;
    float sums[PAIRS][ROW_PAIRS][4] = {};
    for (int block = 0; block < blocks; block++) {
        keep_in_memory(sums[0][0]);
        int32x4_t dots[PAIRS][ROW_PAIRS];
        multiply_pairs<PAIRS>(panel[block], tile[block], dots);
        keep_in_memory(sums[0][0]);
        float32x4_t column_scales[PAIRS];
#pragma GCC unroll 2
        for (int pair = 0; pair < PAIRS; pair++) column_scales[pair] = load_each_twice(tile[block].scales + 2 * pair);
#pragma GCC unroll 8
        for (int rows = 0; rows < ROW_PAIRS; rows++) {
            const float32x4_t scales = vld1q_f32(panel[block].scales + 4 * rows);
#pragma GCC unroll 2
            for (int pair = 0; pair < PAIRS; pair++) {
                float * const sum = sums[pair][rows];
                vst1q_f32(sum, vfmaq_f32(vld1q_f32(sum), to_floats(dots[pair][rows]),
                                         vmulq_f32(scales, column_scales[pair])));
            }
        }
    }
    for (int n = 0; n < N; n++) {
        for (int rows = 0; rows < ROW_PAIRS; rows++)
            std::memcpy(out + n * stride + 2 * rows, sums[n / 2][rows] + n % 2 * 2, 2 * sizeof(float));
    }
}

#else

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    float sums[N][PANEL_ROWS] = {};
    for (int block = 0; block < blocks; block++) {
        keep_in_memory(sums[0]);
        int32x4_t dots[N][QUADS];
        multiply_block<N>(panel[block].values, tile[block].values, BLOCK_VALUES, dots);
        keep_in_memory(sums[0]);
#pragma GCC unroll 4
        for (int quad = 0; quad < QUADS; quad++) {
            const float32x4_t scales = vld1q_f32(panel[block].scales + 4 * quad);
#pragma GCC unroll 4
            for (int n = 0; n < N; n++) add_scaled(sums[n] + 4 * quad, dots[n][quad], scales, tile[block].scales[n]);
        }
    }
    for (int n = 0; n < N; n++) std::memcpy(out + n * stride, sums[n], sizeof(sums[n]));
}

#endif

}  // namespace
