// Quantises activations as ggml's q8_0 does: the largest of a block becomes the largest whole number. Part of a set of
// kernels.
#pragma once

#include <cstdint>

#include "kernel-set.h"
#include "vector.h"

namespace {

// The lowest bytes of 32 whole numbers.
#if defined(__AVX512F__)
inline void store_bytes(const Integers * whole, uint8_t * out) {
    for (int v = 0; v < 2; v++)
        _mm_storeu_si128(reinterpret_cast<__m128i *>(out) + v,
                         _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(whole[v])));
}
#elif defined(__AVX2__)
inline void store_bytes(const Integers * whole, uint8_t * out) {
    const __m256i low = _mm256_set1_epi32(0xff);
    __m256i masked[4];
    for (int v = 0; v < 4; v++) masked[v] = _mm256_and_si256(reinterpret_cast<__m256i>(whole[v]), low);
    const __m256i packed =
        _mm256_packus_epi16(_mm256_packus_epi32(masked[0], masked[1]), _mm256_packus_epi32(masked[2], masked[3]));
    // Packing leaves the two halves of each vector apart.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(out), _mm256_permutevar8x32_epi32(packed, order));
}
#else
inline void store_bytes(const Integers * whole, uint8_t * out) {
    int32_t values[sotto::BLOCK_VALUES];
    std::memcpy(values, whole, sizeof(values));
    for (int i = 0; i < sotto::BLOCK_VALUES; i++) out[i] = static_cast<uint8_t>(values[i]);
}
#endif

// out[i] = in[i] / scale + ZERO, of at most MAX on either side of ZERO. Returns the scale.
template <int MAX, int ZERO> inline float quantise_block(const float * in, uint8_t * out) {
    constexpr int VECTORS = sotto::BLOCK_VALUES / LANES;
    Vector values[VECTORS];
    Vector most{};
    for (int v = 0; v < VECTORS; v++) {
        values[v] = load(in + v * LANES);
        most = larger(absolute(values[v]), most);
    }
    const float largest = largest_of(most);
    const float inverse = largest == 0 ? 0 : MAX / largest;
    Integers whole[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        const Vector rounded = values[v] * inverse + (ROUNDER + ZERO);  // the whole number is in the low bits
        std::memcpy(&whole[v], &rounded, sizeof(rounded));
    }
    store_bytes(whole, out);
    return largest / MAX;
}

}  // namespace
