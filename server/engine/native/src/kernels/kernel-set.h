// What the network (src/network) computes with: the functions that depend on a processor's instructions. The build
// compiles them once for each instruction set; the best one that this processor has is chosen when the addon loads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sotto {

// Values that share one scale, in weights and activations: those of ggml's q8_0.
constexpr int BLOCK_VALUES = 32;
struct Q8Block {
    uint16_t scale;  // IEEE half
    int8_t values[BLOCK_VALUES];
};

// Rows of weights that lie side by side ("panel"), in every set. A matrix has whole panels; rows behind the last are 0.
constexpr int PANEL_ROWS = 16;
// Values of one attention head in every Whisper.
constexpr int HEAD_VALUES = 64;
// Cached keys lie in groups of so many positions: [group][value][position].
constexpr int KEY_GROUP = 16;

// Positions of a cache, rounded up to whole groups of keys.
constexpr int64_t padded_positions(int positions) {
    return (static_cast<int64_t>(positions) + KEY_GROUP - 1) / KEY_GROUP * KEY_GROUP;
}

constexpr int panels_of(int rows) { return (rows + PANEL_ROWS - 1) / PANEL_ROWS; }

// How a set of kernels lays out 8-bit matrices and multiplies them with activations. Each set has two: one for many
// columns, bound by the processor's arithmetic, and one for a few, bound by its memory.
struct ProductKernels {
    // Bytes of one panel of weights with `blocks` blocks a row, a multiple of 64.
    size_t (*panel_bytes)(int blocks);
    // Lays out PANEL_ROWS rows, `stride` blocks apart.
    void (*pack_panel)(const Q8Block * rows, int64_t stride, int blocks, void * out);
    // Bytes of the activations of `columns` columns.
    size_t (*activation_bytes)(int columns, int blocks);
    // Columns whose activations lie together: threads that quantise side by side begin at a multiple of it.
    int columns_together;
    // Quantises the columns from `begin` to `end`, `stride` floats apart.
    void (*quantise)(const float * in, int64_t stride, int begin, int end, int blocks, void * out);
    // out[column][row] = weights[row] · activations[column] for the rows of the panels from `first` to `last` and the
    // columns from `begin` (a multiple of columns_together) to `end`. `weights` is the first panel of the matrix.
    // Columns of `out` are `stride` floats apart, and row 0 of panel 0 is out[0].
    void (*multiply)(const void * weights, int first, int last, const void * activations, int begin, int end,
                     int blocks, float * out, int64_t stride);
};

// One set of kernels.
struct KernelSet {
    const char * name;
    ProductKernels many;
    ProductKernels few;
    // out = (in - mean) / deviation * weight + bias over `length` values.
    void (*normalise)(const float * in, const float * weight, const float * bias, int length, float * out);
    // values[i] += bias[i]; gelu(values[i] + bias[i]), the approximation by tanh; out[i] += values[i] + bias[i].
    // `bias` may be null.
    void (*add_bias)(const float * bias, int length, float * values);
    void (*add_bias_gelu)(const float * bias, int length, float * values);
    void (*add_residual)(const float * bias, int length, const float * values, float * out);
    // Bytes of the packed weights of a product of floats: `rows` rows (a multiple of PANEL_ROWS) of `length` values.
    // out[column][row] = weights[row] · in[column]; columns of `in` and `out` are so many floats apart, and may
    // overlap.
    size_t (*float_bytes)(int rows, int length);
    void (*pack_floats)(const float * weights, int rows, int length, float * out);
    void (*multiply_floats)(const float * weights, int rows, int length, const float * in, int64_t in_stride,
                            int columns, float * out, int64_t out_stride);
    // The encoder's attention for one head: every query from `begin` to `end` is replaced by softmax(scale * query ·
    // keys) · values, over `count` keys. All rows are `stride` floats apart. `scratch` has attention_scratch(count)
    // floats; its first part holds the packed head, which pack_head fills.
    size_t (*attention_scratch)(int count);
    void (*pack_head)(const float * keys, const float * values, int64_t stride, int count, float * scratch);
    void (*attend)(float * queries, int64_t stride, int begin, int end, int count, float scale, float * scratch);
    int queries_together;  // that are computed at once: threads begin at a multiple of it
    // Caches the keys and values of one head at the positions from `begin` to `end`, rows `stride` floats apart: keys
    // as [group][value][KEY_GROUP], values as [position][value], in half floats. Row 0 is position `begin`.
    void (*store_keys)(const float * in, int64_t stride, int begin, int end, uint16_t * keys);
    void (*store_values)(const float * in, int64_t stride, int begin, int end, uint16_t * values);
    // The decoder's attention of one query of one head over `count` cached positions. `probabilities` receives them,
    // rounded up to KEY_GROUP.
    void (*attend_cached)(const float * query, float scale, const uint16_t * keys, const uint16_t * values, int count,
                          float * probabilities, float * out);
    // out[i] = exp(in[i] - max). Returns the sum. `out` may be `in`.
    double (*exponentials)(int count, const float * in, float max, float * out);
    float (*largest)(int count, const float * in);
};

// The set that models are laid out for when they are loaded. A loaded model keeps its own.
const KernelSet & kernels();

// Names of the sets that this processor runs, the best one first.
std::vector<std::string> kernel_set_names();

// Selects a set by name, in the whole process. False for an unknown name, or one that this processor does not run.
bool select_kernel_set(const std::string & name);

// Selects the best set, or the one that the environment names with SOTTO_KERNELS. Throws std::runtime_error when this
// processor runs none, or not that one.
void select_kernel_set_for_processor();

}  // namespace sotto
