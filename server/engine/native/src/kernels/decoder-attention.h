// The decoder's attention of one token over cached keys and values in half floats, which memory bounds: each is read
// once, in the order in which it lies, and no sum crosses the lanes of a vector.
#pragma once

#include "elementwise.h"
#include "kernel-set.h"

namespace {

using sotto::KEY_GROUP;

// One position of a group, whose values lie far apart.
inline void store_key(const float * key, int position, uint16_t * keys) {
    uint16_t * const to = keys + static_cast<int64_t>(position / KEY_GROUP) * KEY_GROUP * sotto::HEAD_VALUES;
    for (int i = 0; i < sotto::HEAD_VALUES; i++) to[i * KEY_GROUP + position % KEY_GROUP] = float_to_half(key[i]);
}

void store_keys(const float * in, int64_t stride, int begin, int end, uint16_t * keys) {
    int position = begin;
    for (; position < end && position % KEY_GROUP != 0; position++)
        store_key(in + (position - begin) * stride, position, keys);
    for (; position + KEY_GROUP <= end; position += KEY_GROUP) {
        const float * const from = in + (position - begin) * stride;
        uint16_t * const to = keys + static_cast<int64_t>(position) * sotto::HEAD_VALUES;
        float turned[sotto::HEAD_VALUES][KEY_GROUP];
        for (int key = 0; key < KEY_GROUP; key++) {
            for (int i = 0; i < sotto::HEAD_VALUES; i++) turned[i][key] = from[key * stride + i];
        }
        for (int i = 0; i < sotto::HEAD_VALUES; i++) {
            for (int key = 0; key < KEY_GROUP; key += LANES)
                store_halves(to + i * KEY_GROUP + key, load(turned[i] + key));
        }
    }
    for (; position < end; position++) store_key(in + (position - begin) * stride, position, keys);
}

void store_values(const float * in, int64_t stride, int begin, int end, uint16_t * values) {
    for (int position = begin; position < end; position++) {
        const float * const from = in + (position - begin) * stride;
        uint16_t * const to = values + static_cast<int64_t>(position) * sotto::HEAD_VALUES;
        for (int i = 0; i < sotto::HEAD_VALUES; i += LANES) store_halves(to + i, load(from + i));
    }
}

void attend_cached(const float * query, float scale, const uint16_t * keys, const uint16_t * values, int count,
                   float * probabilities, float * out) {
    constexpr int VECTORS = KEY_GROUP / LANES;
    float scaled[sotto::HEAD_VALUES];
    for (int i = 0; i < sotto::HEAD_VALUES; i++) scaled[i] = query[i] * scale;
    for (int from = 0; from < count; from += KEY_GROUP, keys += KEY_GROUP * sotto::HEAD_VALUES) {
        // Two sums for each, so that one need not wait for the other.
        Vector even[VECTORS] = {};
        Vector odd[VECTORS] = {};
        for (int i = 0; i < sotto::HEAD_VALUES; i += 2) {
            const Vector first = splat(scaled[i]);
            const Vector second = splat(scaled[i + 1]);
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) {
                even[v] += load_halves(keys + i * KEY_GROUP + v * LANES) * first;
                odd[v] += load_halves(keys + (i + 1) * KEY_GROUP + v * LANES) * second;
            }
        }
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) store(probabilities + from + v * LANES, even[v] + odd[v]);
    }
    const float factor =
        1.0f / static_cast<float>(exponentials(count, probabilities, largest(count, probabilities), probabilities));
    constexpr int VALUE_VECTORS = sotto::HEAD_VALUES / LANES;
    Vector sums[VALUE_VECTORS] = {};
    for (int position = 0; position < count; position++, values += sotto::HEAD_VALUES) {
        probabilities[position] *= factor;
        const Vector probability = splat(probabilities[position]);
#pragma GCC unroll 16
        for (int v = 0; v < VALUE_VECTORS; v++) sums[v] += load_halves(values + v * LANES) * probability;
    }
#pragma GCC unroll 16
    for (int v = 0; v < VALUE_VECTORS; v++) store(out + v * LANES, sums[v]);
}

}  // namespace
