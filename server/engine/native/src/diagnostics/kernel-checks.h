// The selected kernels beside plain loops and beside the library's kernels. For tests; no part of a decode.
#pragma once

#include <cstdint>
#include <string>

namespace sotto {

// Largest errors of one operation, each as a share of the sum of the absolute products it adds up: against plain loops
// in double precision over the same quantized values, and against the library's kernel.
struct KernelErrors {
    double plain = 0;
    double library = 0;
    double library_plain = 0;  // the library's own error against the plain loops
};

// Each check computes with random values and throws std::runtime_error for what is no shape.

struct ProductShape {
    int rows = 0;     // of weights
    int columns = 0;  // tokens
    int length = 0;   // values of a row; a multiple of 32 with q8_0
    std::string type = "q8_0";
    int threads = 1;
    uint32_t seed = 0;
};
// Among the values are the extremes: all of a block +-127, scales of 0 and of denormal halves.
KernelErrors check_product(const ProductShape & shape);

struct AttentionShape {
    int queries = 0;
    int keys = 0;
    int heads = 0;
    int threads = 1;
    uint32_t seed = 0;
};
KernelErrors check_attention(const AttentionShape & shape);

// Errors are shares of the absolute input.
KernelErrors check_gelu(int count, int threads, uint32_t seed);

// Whether the im2col of a convolution over time is to the bit the library's.
bool check_im2col(int length, int channels, int stride, int threads, uint32_t seed);

}  // namespace sotto
