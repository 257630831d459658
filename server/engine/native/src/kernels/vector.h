// Vectors of floats as wide as the instruction set that this file is compiled for. The compiler's own vector type, so
// that one source serves every processor; only half floats need each processor's own instructions.
#pragma once

#include <cstdint>
#include <cstring>

#include "intrinsics.h"

#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Integers __attribute__((vector_size(LANES * sizeof(int32_t))));

inline Vector load(const float * from) {
    Vector out;
    std::memcpy(&out, from, sizeof(out));
    return out;
}

inline void store(float * to, Vector values) { std::memcpy(to, &values, sizeof(values)); }

// Not a sum: only a difference from 0 is the value itself for every value, -0 included, and costs nothing.
inline Vector splat(float value) { return value - Vector{}; }

// A processor's own instructions are half as many as a comparison and a selection, or as lanes taken one by one.
#if defined(__AVX512F__)
inline Vector larger(Vector a, Vector b) {
    return reinterpret_cast<Vector>(_mm512_max_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
}
inline Vector absolute(Vector values) {
    return reinterpret_cast<Vector>(_mm512_abs_ps(reinterpret_cast<__m512>(values)));
}
inline float largest_of(Vector values) { return _mm512_reduce_max_ps(reinterpret_cast<__m512>(values)); }
#elif defined(__AVX__)
inline Vector larger(Vector a, Vector b) {
    return reinterpret_cast<Vector>(_mm256_max_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b)));
}
inline Vector absolute(Vector values) {
    return reinterpret_cast<Vector>(_mm256_andnot_ps(_mm256_set1_ps(-0.0f), reinterpret_cast<__m256>(values)));
}
inline float largest_of(Vector values) {
    const __m256 all = reinterpret_cast<__m256>(values);
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}
#elif defined(__ARM_NEON)
inline Vector larger(Vector a, Vector b) {
    return reinterpret_cast<Vector>(vmaxq_f32(reinterpret_cast<float32x4_t>(a), reinterpret_cast<float32x4_t>(b)));
}
inline Vector absolute(Vector values) {
    return reinterpret_cast<Vector>(vabsq_f32(reinterpret_cast<float32x4_t>(values)));
}
inline float largest_of(Vector values) { return vmaxvq_f32(reinterpret_cast<float32x4_t>(values)); }
#endif

inline float sum_of(Vector values) {
    float sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += values[lane];
    return sum;
}

inline Vector load_halves(const uint16_t * from) {
#if defined(__AVX512F__)
    return reinterpret_cast<Vector>(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from))));
#elif defined(__F16C__)
    return reinterpret_cast<Vector>(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from))));
#elif defined(__ARM_NEON)
    return reinterpret_cast<Vector>(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from))));
#else
#error "half floats need F16C or NEON"
#endif
}

inline void store_halves(uint16_t * to, Vector values) {
#if defined(__AVX512F__)
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(to),
                        _mm512_cvtps_ph(reinterpret_cast<__m512>(values), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__F16C__)
    _mm_storeu_si128(reinterpret_cast<__m128i *>(to),
                     _mm256_cvtps_ph(reinterpret_cast<__m256>(values), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__ARM_NEON)
    vst1_u16(to, vreinterpret_u16_f16(vcvt_f16_f32(reinterpret_cast<float32x4_t>(values))));
#endif
}

inline float half_to_float(uint16_t half) {
#if defined(__F16C__)
    return _cvtsh_ss(half);
#elif defined(__ARM_NEON)
    float16_t value;
    std::memcpy(&value, &half, sizeof(value));
    return value;
#endif
}

inline uint16_t float_to_half(float value) {
#if defined(__F16C__)
    return static_cast<uint16_t>(_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT));
#elif defined(__ARM_NEON)
    const float16_t half = static_cast<float16_t>(value);
    uint16_t out;
    std::memcpy(&out, &half, sizeof(out));
    return out;
#endif
}

constexpr float LOG2_E = 1.44269504088896341f;
constexpr float ROUNDER = 12582912.0f;  // 1.5 * 2^23: adding it rounds to whole numbers

// values * 2^n, where `shifted` is n + ROUNDER: n stands in its low bits, and the exponents grow by it.
inline Vector times_power_of_two(Vector values, Vector shifted) {
    Integers bits;
    std::memcpy(&bits, &values, sizeof(bits));
    Integers power;
    std::memcpy(&power, &shifted, sizeof(power));
    bits += power << 23;
    Vector out;
    std::memcpy(&out, &bits, sizeof(out));
    return out;
}

// exp(x) to about 2 units in the last place: 2^n times a polynomial over half a step on either side (Cephes' expf).
// Below -87 the result is 0.
inline Vector exponential(Vector x) {
    constexpr float LN2_HIGH = 0.693359375f;
    constexpr float LN2_LOW = -2.12194440e-4f;
    const Vector lowest = splat(-87.0f);
    const Vector highest = splat(88.0f);
    const Vector clamped = x < lowest ? lowest : x > highest ? highest : x;
    const Vector shifted = clamped * LOG2_E + ROUNDER;
    const Vector n = shifted - ROUNDER;
    const Vector r = clamped - n * LN2_HIGH - n * LN2_LOW;
    Vector p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return x < lowest ? Vector{} : times_power_of_two(p, shifted);
}

}  // namespace
