// Kernels that replace the library's on the way through Whisper. They are compiled once for each set of instructions,
// and the widest that this processor runs is chosen when the addon is loaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "upstream/upstream.h"

namespace sotto {

// out[column][row] = weights[row] · activations[column], both in q8_0. Strides in blocks, `out_stride` in floats.
struct Q8Product {
    const upstream::Q8Block * weights;
    int64_t weight_stride;
    const upstream::Q8Block * activations;
    int64_t activation_stride;
    float * out;
    int64_t out_stride;
    int64_t rows;
    int64_t columns;
    int blocks;  // of a row
};

// out[row] = weights[row] · activations, both in half floats.
struct F16Product {
    const uint16_t * weights;
    int64_t weight_stride;
    const uint16_t * activations;
    float * out;
    int64_t rows;
    int64_t length;
};

// One set of kernels. Each computes the share of one thread.
struct Kernels {
    const char * name;
    // Returns how many rows, from the first on, are computed; the rest is the library's. Null without such a kernel.
    int64_t (*multiply_q8)(const upstream::ThreadShare & share, const Q8Product & product);
    void (*multiply_f16)(const upstream::ThreadShare & share, const F16Product & product);
    // False for shapes that are not the encoder's.
    bool (*attention)(const upstream::ThreadShare & share, ggml_tensor * out);
    // False for anything but a convolution over time with a narrow kernel, from floats to halves.
    bool (*im2col)(const upstream::ThreadShare & share, ggml_tensor * out);
    void (*gelu)(int count, float * out, const float * in);
};

// Selects the widest set that this processor runs, or the one that the environment variable SOTTO_KERNELS names. Called
// once, before anything else. Throws std::runtime_error for a processor below the base line and for an unknown name.
void select_kernels_for_processor();

// The kernels that compute now, in the whole process; null for the library's own.
const Kernels * selected_kernels();

// Names of the sets that are compiled and that this processor runs, the widest first.
std::vector<std::string> kernel_names();

// Selects a set, or null for the library's kernels. Not while a decode runs.
void select_kernels(const Kernels * kernels);
// The same by name, "library" for the library's kernels. False for an unknown name.
bool select_kernels_by_name(const std::string & name);

}  // namespace sotto
