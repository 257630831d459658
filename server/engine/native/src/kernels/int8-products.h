// 8-bit products of whole matrices, from the products of tiles and streams that each instruction set has:
//   multiply_tile<N>(panel, tile, blocks, out, stride)  a panel times the N columns of a tile
//   multiply_streams<S, N>(panels, apart, columns, blocks, out, out_apart, stride)
//                        S panels, `apart` bytes from each other, times N columns; results of panels are `out_apart`
//                        floats from each other
//   STREAMS              panels that are read at once
//   FEW_AT_ONCE          columns that are multiplied at once when there are a few
// Part of a set of kernels.
#pragma once

#include <utility>

#include "panels.h"

namespace {

using MultiplyTile = void (*)(const Panel *, const Tile *, int, float *, int64_t);

template <int... N> constexpr MultiplyTile select_tile(int count, std::integer_sequence<int, N...>) {
    constexpr MultiplyTile ALL[] = {multiply_tile<N + 1>...};
    return ALL[count - 1];
}

void multiply_many(const void * weights, int first, int last, const void * activations, int begin, int end, int blocks,
                   float * out, int64_t stride) {
    for (int at = first; at < last; at++) {
        const Panel * const panel = static_cast<const Panel *>(weights) + static_cast<int64_t>(at) * blocks;
        for (int column = begin; column < end; column += COLUMNS) {
            const Tile * const tile =
                static_cast<const Tile *>(activations) + static_cast<int64_t>(column / COLUMNS) * blocks;
            const MultiplyTile multiply =
                select_tile(std::min(COLUMNS, end - column), std::make_integer_sequence<int, COLUMNS>());
            multiply(panel, tile, blocks, out + column * stride + at * PANEL_ROWS, stride);
        }
    }
}

template <int S> void multiply_columns(const char * panels, int64_t apart, const Column * columns, int count,
                                       int blocks, float * out, int64_t out_apart, int64_t stride) {
    int n = 0;
    for (; n + FEW_AT_ONCE <= count; n += FEW_AT_ONCE)
        multiply_streams<S, FEW_AT_ONCE>(panels, apart, columns + static_cast<int64_t>(n) * blocks, blocks,
                                         out + n * stride, out_apart, stride);
    for (; n < count; n++)
        multiply_streams<S, 1>(panels, apart, columns + static_cast<int64_t>(n) * blocks, blocks, out + n * stride,
                               out_apart, stride);
}

void multiply_few(const void * weights, int first, int last, const void * activations, int begin, int end, int blocks,
                  float * out, int64_t stride) {
    const int64_t bytes = panel_bytes_few(blocks);
    const char * const panels = static_cast<const char *>(weights);
    const Column * const columns = static_cast<const Column *>(activations) + static_cast<int64_t>(begin) * blocks;
    float * const to = out + begin * stride;
    const int part = (last - first) / STREAMS;
    for (int at = first; at < first + part; at++)
        multiply_columns<STREAMS>(panels + at * bytes, part * bytes, columns, end - begin, blocks, to + at * PANEL_ROWS,
                                  static_cast<int64_t>(part) * PANEL_ROWS, stride);
    for (int at = first + STREAMS * part; at < last; at++)
        multiply_columns<1>(panels + at * bytes, 0, columns, end - begin, blocks, to + at * PANEL_ROWS, 0, stride);
}

}  // namespace
