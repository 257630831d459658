// 8-bit products in plain loops, for processors without the instructions that another set needs, and as the measure of
// the others. Part of a set of kernels.
#pragma once

namespace {

constexpr int COLUMNS = 4;
constexpr int ACTIVATION_MAX = 127;
constexpr int ACTIVATION_ZERO = 0;
constexpr int FOUR_WEIGHTS_MAX = 0;
constexpr int GROUP_VALUES = 4;
constexpr int GROUP_COLUMNS = 1;
constexpr int FEW_GROUP_VALUES = 4;
constexpr int STREAMS = 1;
constexpr int FEW_AT_ONCE = 1;

}  // namespace

#include "panels.h"

namespace {

// sums[row] += the products of one block of a panel with one of a column.
inline void add_block(const int8_t (*weights)[PANEL_ROWS][4], const int8_t * activations, const float * scales,
                      float scale, float * sums) {
    int32_t dots[PANEL_ROWS] = {};
    for (int group = 0; group < GROUPS; group++) {
        for (int row = 0; row < PANEL_ROWS; row++) {
            for (int i = 0; i < 4; i++) dots[row] += weights[group][row][i] * activations[4 * group + i];
        }
    }
    for (int row = 0; row < PANEL_ROWS; row++) sums[row] += static_cast<float>(dots[row]) * (scales[row] * scale);
}

template <int N> void multiply_tile(const Panel * panel, const Tile * tile, int blocks, float * out, int64_t stride) {
    for (int n = 0; n < N; n++) {
        float sums[PANEL_ROWS] = {};
        for (int block = 0; block < blocks; block++)
            add_block(panel[block].values, reinterpret_cast<const int8_t *>(tile[block].values[n]), panel[block].scales,
                      tile[block].scales[n], sums);
        std::memcpy(out + n * stride, sums, sizeof(sums));
    }
}

template <int S, int N>
void multiply_streams(const char * panels, int64_t, const Column * column, int blocks, float * out, int64_t, int64_t) {
    float sums[PANEL_ROWS] = {};
    for (int block = 0; block < blocks; block++) {
        const FewPanel & panel = reinterpret_cast<const FewPanel *>(panels)[block];
        float scales[PANEL_ROWS];
        for (int row = 0; row < PANEL_ROWS; row++) scales[row] = half_to_float(panel.scales[row]);
        add_block(panel.values, column[block].values, scales, column[block].scale, sums);
    }
    std::memcpy(out, sums, sizeof(sums));
}

}  // namespace
