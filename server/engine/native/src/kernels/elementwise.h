// Operations on single values. Part of a set of kernels.
#pragma once

#include <algorithm>
#include <cmath>

#include "vector.h"

namespace {

constexpr float NORMALISE_EPSILON = 1e-5f;

// Calls each(i) for whole vectors; the values behind them are left to the caller.
inline int whole_vectors(int count) { return count / LANES * LANES; }

void normalise(const float * in, const float * weight, const float * bias, int length, float * out) {
    Vector sums{};
    for (int i = 0; i < length; i += LANES) sums += load(in + i);
    const float mean = sum_of(sums) / static_cast<float>(length);
    Vector squares{};
    for (int i = 0; i < length; i += LANES) {
        const Vector centred = load(in + i) - mean;
        squares += centred * centred;
    }
    const float scale = 1.0f / std::sqrt(sum_of(squares) / static_cast<float>(length) + NORMALISE_EPSILON);
    for (int i = 0; i < length; i += LANES)
        store(out + i, (load(in + i) - mean) * scale * load(weight + i) + load(bias + i));
}

void add_bias(const float * bias, int length, float * values) {
    for (int i = 0; i < length; i += LANES) store(values + i, load(values + i) + load(bias + i));
}

// x * sigmoid(2u) with u = sqrt(2/pi) * (x + 0.044715 x^3): the approximation of gelu by tanh, as Whisper's models are
// run everywhere.
inline Vector gelu(Vector x) {
    constexpr float SCALE = -2 * 0.79788456080286535588f;
    return x / (exponential(x * SCALE * (x * x * 0.044715f + 1.0f)) + 1.0f);
}

void add_bias_gelu(const float * bias, int length, float * values) {
    for (int i = 0; i < length; i += LANES) store(values + i, gelu(load(values + i) + load(bias + i)));
}

void add_residual(const float * bias, int length, const float * values, float * out) {
    for (int i = 0; i < length; i += LANES) store(out + i, load(out + i) + load(values + i) + load(bias + i));
}

float largest(int count, const float * in) {
    float result = in[0];
    int i = 0;
    if (count >= LANES) {
        Vector lanes = load(in);
        for (i = LANES; i + LANES <= count; i += LANES) lanes = larger(load(in + i), lanes);
        result = largest_of(lanes);
    }
    for (; i < count; i++) result = std::max(result, in[i]);
    return result;
}

double exponentials(int count, const float * in, float max, float * out) {
    // Floats lose nothing in sums of so few; a vocabulary has ten times more.
    constexpr int PIECE = 4096;
    double sum = 0;
    int i = 0;
    for (int from = 0; from + LANES <= count; from = i) {
        Vector sums{};
        for (const int end = std::min(count, from + PIECE); i + LANES <= end; i += LANES) {
            const Vector values = exponential(load(in + i) - max);
            store(out + i, values);
            sums += values;
        }
        sum += static_cast<double>(sum_of(sums));
    }
    for (; i < count; i++) sum += out[i] = std::exp(in[i] - max);
    return sum;
}

}  // namespace
