// Quantises activations as ggml's q8_0 does: the largest of a block becomes the largest whole number. Part of a set of
// kernels.
#pragma once

#include <cstdint>

#include "kernel-set.h"
#include "vector.h"

namespace {

// out[i] = in[i] / scale + ZERO, of at most MAX on either side of ZERO. Returns the scale.
template <int MAX, int ZERO> inline float quantise_block(const float * in, uint8_t * out) {
    constexpr int VECTORS = sotto::BLOCK_VALUES / LANES;
    constexpr float ROUNDER = 12582912.0f + ZERO;  // adding 1.5 * 2^23 rounds to whole numbers, found in the low bits
    Vector values[VECTORS];
    Vector most{};
    for (int v = 0; v < VECTORS; v++) {
        values[v] = load(in + v * LANES);
        most = larger(absolute(values[v]), most);
    }
    const float largest = largest_of(most);
    const float inverse = largest == 0 ? 0 : MAX / largest;
    alignas(64) int32_t whole[sotto::BLOCK_VALUES];
    for (int v = 0; v < VECTORS; v++) {
        const Vector rounded = values[v] * inverse + ROUNDER;
        std::memcpy(whole + v * LANES, &rounded, sizeof(rounded));
    }
    for (int i = 0; i < sotto::BLOCK_VALUES; i++) out[i] = static_cast<uint8_t>(whole[i]);
    return largest / MAX;
}

}  // namespace
