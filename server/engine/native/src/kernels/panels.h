// How 8-bit weights and activations lie in memory, and how they get there. Part of a set of kernels, whose header has
// said before:
//   COLUMNS          columns of activations that are multiplied at once when there are many
//   ACTIVATION_MAX   the largest quantised activation of many columns
//   ACTIVATION_ZERO  what stands for 0 there: the instructions of x64 take unsigned activations
//   FOUR_WEIGHTS_MAX most that four weights of one sign, neighbours in a pair of groups, may add up to; 0 for any
//   GROUP_VALUES     neighbours in a row of weights that lie together when there are many columns
//   GROUP_COLUMNS    columns whose groups of activations lie together there
//   FEW_GROUP_VALUES neighbours in a row of weights that lie together when there are a few columns
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernel-set.h"
#include "quantise.h"

namespace {

using sotto::BLOCK_VALUES;
using sotto::PANEL_ROWS;
using sotto::Q8Block;

// The first GROUP_VALUES of every row lie side by side, then the next.
constexpr int GROUPS = BLOCK_VALUES / GROUP_VALUES;
constexpr int FEW_GROUPS = BLOCK_VALUES / FEW_GROUP_VALUES;

// ---------------------------------------------------------------------------------------------------------------------
// Many columns: one block of a panel's rows, and of the columns that are multiplied at once.

struct alignas(64) Panel {
    int8_t values[GROUPS][PANEL_ROWS][GROUP_VALUES];
    float scales[PANEL_ROWS * GROUP_COLUMNS];  // [group of rows][column][row], the same for all columns
    int32_t start[PANEL_ROWS];                 // takes back what ACTIVATION_ZERO adds
};

struct alignas(32) Tile {
    uint8_t values[COLUMNS][BLOCK_VALUES];  // where columns lie together: [COLUMNS / GROUP_COLUMNS][group][column]
    float scales[COLUMNS];
};
static_assert(COLUMNS % GROUP_COLUMNS == 0, "columns that lie together are in one tile");

// What the weights of a block have to be divided by so that four of one sign add up to `MOST`; at least 1.
template <int MOST> inline float excess_of(const int8_t * values) {
    int most = MOST;
    for (int first = 0; first < BLOCK_VALUES; first += 8) {
        for (int pair = first; pair < first + 4; pair += 2) {
            int sums[2] = {};
            for (const int at : {pair, pair + 1, pair + 4, pair + 5}) sums[values[at] < 0] += std::abs(values[at]);
            most = std::max({most, sums[0], sums[1]});
        }
    }
    return static_cast<float>(most) / MOST;
}

// Makes the weights of a block smaller, and its scale larger, until four of one sign fit.
template <int MOST> inline void reduce_weights(int8_t * values, float & scale) {
    // Rounding may add a little again, so that some blocks need a little more than their excess.
    constexpr float MORE = 1.002f;
    const float excess = excess_of<MOST>(values);
    if (excess <= 1) return;
    float reduced = scale;
    int8_t given[BLOCK_VALUES];
    std::copy(values, values + BLOCK_VALUES, given);
    for (float divisor = excess; excess_of<MOST>(values) > 1; divisor *= MORE) {
        for (int i = 0; i < BLOCK_VALUES; i++)
            values[i] = static_cast<int8_t>(std::lrint(static_cast<float>(given[i]) / divisor));
        reduced = scale * divisor;
    }
    scale = reduced;
}

size_t panel_bytes_many(int blocks) { return sizeof(Panel) * blocks; }

void pack_panel_many(const Q8Block * rows, int64_t stride, int blocks, void * out) {
    for (int block = 0; block < blocks; block++) {
        Panel & panel = static_cast<Panel *>(out)[block];
        for (int row = 0; row < PANEL_ROWS; row++) {
            Q8Block from = rows[row * stride + block];
            float scale = half_to_float(from.scale);
            if constexpr (FOUR_WEIGHTS_MAX > 0) reduce_weights<FOUR_WEIGHTS_MAX>(from.values, scale);
            float * const scales = panel.scales + row / GROUP_COLUMNS * GROUP_COLUMNS * GROUP_COLUMNS;
            for (int column = 0; column < GROUP_COLUMNS; column++)
                scales[column * GROUP_COLUMNS + row % GROUP_COLUMNS] = scale;
            int sum = 0;
            for (int i = 0; i < BLOCK_VALUES; i++) {
                panel.values[i / GROUP_VALUES][row][i % GROUP_VALUES] = from.values[i];
                sum += from.values[i];
            }
            panel.start[row] = -ACTIVATION_ZERO * sum;
        }
    }
}

size_t activation_bytes_many(int columns, int blocks) {
    return sizeof(Tile) * ((columns + COLUMNS - 1) / COLUMNS) * blocks;
}

void quantise_many(const float * in, int64_t stride, int begin, int end, int blocks, void * out) {
    for (int column = begin; column < end; column++) {
        Tile * const tile = static_cast<Tile *>(out) + static_cast<int64_t>(column / COLUMNS) * blocks;
        const int at = column % COLUMNS;
        for (int block = 0; block < blocks; block++) {
            const float * const from = in + column * stride + block * BLOCK_VALUES;
            uint8_t quantised[BLOCK_VALUES];
            tile[block].scales[at] = quantise_block<ACTIVATION_MAX, ACTIVATION_ZERO>(from, quantised);
            if constexpr (GROUP_COLUMNS == 1) {
                std::memcpy(tile[block].values[at], quantised, BLOCK_VALUES);
                continue;
            }
            uint8_t * const to = tile[block].values[at / GROUP_COLUMNS * GROUP_COLUMNS];
            for (int group = 0; group < GROUPS; group++)
                std::memcpy(to + (group * GROUP_COLUMNS + at % GROUP_COLUMNS) * GROUP_VALUES,
                            quantised + group * GROUP_VALUES, GROUP_VALUES);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// A few columns: weights are read from memory once, as bytes and nothing else.

struct alignas(32) FewPanel {
    int8_t values[FEW_GROUPS][PANEL_ROWS][FEW_GROUP_VALUES];
    uint16_t scales[PANEL_ROWS];  // halves
};

struct alignas(64) Column {
    int8_t values[BLOCK_VALUES];
    float scale;
    int32_t start;  // takes back what making the weights unsigned adds, where a set does that
};

// A whole number of cache lines, so that no panel shares one with another.
size_t panel_bytes_few(int blocks) { return (sizeof(FewPanel) * blocks + 63) / 64 * 64; }

void pack_panel_few(const Q8Block * rows, int64_t stride, int blocks, void * out) {
    for (int block = 0; block < blocks; block++) {
        FewPanel & panel = static_cast<FewPanel *>(out)[block];
        for (int row = 0; row < PANEL_ROWS; row++) {
            const Q8Block & from = rows[row * stride + block];
            for (int i = 0; i < BLOCK_VALUES; i++)
                panel.values[i / FEW_GROUP_VALUES][row][i % FEW_GROUP_VALUES] = from.values[i];
            panel.scales[row] = from.scale;
        }
    }
}

size_t activation_bytes_few(int columns, int blocks) { return sizeof(Column) * columns * blocks; }

void quantise_few(const float * in, int64_t stride, int begin, int end, int blocks, void * out) {
    for (int column = begin; column < end; column++) {
        Column * const to = static_cast<Column *>(out) + static_cast<int64_t>(column) * blocks;
        for (int block = 0; block < blocks; block++) {
            to[block].scale = quantise_block<127, 0>(in + column * stride + block * BLOCK_VALUES,
                                                     reinterpret_cast<uint8_t *>(to[block].values));
            int sum = 0;
            for (const int8_t value : to[block].values) sum += value;
            to[block].start = -128 * sum;
        }
    }
}

}  // namespace
