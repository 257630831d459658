// Products of q8_0 matrices for many tokens: panels of rows of weights are laid side by side ("packed"), and so are
// tiles of columns of activations, so that one instruction multiplies a value of each row.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels.h"
#include "scratch.h"

namespace {

using sotto::Q8Product;
using sotto::upstream::Q8Block;
using sotto::upstream::ThreadShare;

constexpr int VALUES = sotto::upstream::Q8_VALUES;  // of one scale

// Computes the panels of rows from `begin` to `end`, with all columns, until the decode is aborted. `Packing` has
//   ROWS, COLUMNS        of a panel and of a tile
//   Panel, Tile          one scale's worth of them
//   PIECE_BYTES          activations are packed in pieces of this size, for each of which all weights are packed
//   pack_panel(rows, stride, out), pack_tile(columns, stride, count, blocks, out)
//   MULTIPLY[count](panel, tile, blocks, out, out_stride), for tiles of so many columns
template <typename Packing>
void multiply_panels(const ThreadShare & share, const Q8Product & p, int64_t begin, int64_t end) {
    using Panel = typename Packing::Panel;
    using Tile = typename Packing::Tile;
    constexpr int COLUMNS = Packing::COLUMNS;
    static thread_local Scratch<Panel> panel_scratch;
    static thread_local Scratch<Tile> tile_scratch;
    const int64_t tiles_max =
        std::max<int64_t>(1, static_cast<int64_t>(Packing::PIECE_BYTES / (sizeof(Tile) * p.blocks)));
    Panel * panel = panel_scratch.reserve(p.blocks);
    for (int64_t first = 0; first < p.columns; first += tiles_max * COLUMNS) {
        const int64_t last = std::min(p.columns, first + tiles_max * COLUMNS);
        const int64_t tiles = (last - first + COLUMNS - 1) / COLUMNS;
        Tile * packed = tile_scratch.reserve(tiles * p.blocks);
        const auto count = [&](int64_t tile) {
            return static_cast<int>(std::min<int64_t>(COLUMNS, last - first - tile * COLUMNS));
        };
        for (int64_t tile = 0; tile < tiles; tile++) {
            const Q8Block * columns = p.activations + (first + tile * COLUMNS) * p.activation_stride;
            Packing::pack_tile(columns, p.activation_stride, count(tile), p.blocks, packed + tile * p.blocks);
        }
        for (int64_t at = begin; at < end; at++) {
            if (sotto::upstream::is_aborted(share)) return;
            const Q8Block * rows = p.weights + at * Packing::ROWS * p.weight_stride;
            for (int block = 0; block < p.blocks; block++)
                Packing::pack_panel(rows + block, p.weight_stride, panel[block]);
            for (int64_t tile = 0; tile < tiles; tile++) {
                float * out = p.out + (first + tile * COLUMNS) * p.out_stride + at * Packing::ROWS;
                Packing::MULTIPLY[count(tile)](panel, packed + tile * p.blocks, p.blocks, out, p.out_stride);
            }
        }
    }
}

}  // namespace
