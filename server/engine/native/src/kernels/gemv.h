// What the products for one column of activations, or a few, have in common. Rows of weights are read as they lie in
// memory, which takes most of the time.
#pragma once

#include "intrinsics.h"

#include "kernels.h"
#include "scratch.h"

namespace {

using sotto::F16Product;
using sotto::Q8Product;
using sotto::upstream::Q8Block;

// More columns are worth packing the weights for (gemm.h).
constexpr int GEMV_COLUMNS_MAX = 5;

inline float sum_of(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

}  // namespace
