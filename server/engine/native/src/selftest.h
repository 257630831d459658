// What tests and benches ask of the kernels themselves; no part of a decode.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sotto {

struct ProductShape {
    int rows = 0;     // of weights
    int columns = 0;  // tokens
    int length = 0;   // values of a row; a multiple of 32 with q8_0
    std::string type = "q8_0";
    int threads = 1;
    uint32_t seed = 0;
};

// Largest errors of one product, each as a share of the sum of its factors' absolute products: against plain loops in
// double precision over the same quantised values, and against the library's function.
struct ProductErrors {
    double plain = 0;
    double library = 0;
    double library_plain = 0;  // the library's own error against the plain loops
};

// Random factors, among them the extremes: all of a row or a block +-127, scales of nothing and of denormal halves.
// Throws std::runtime_error when the library cannot compute such a shape.
ProductErrors check_product(const ProductShape & shape);

// As check_product, for the encoder's attention: `frames` that attend to `seen` frames, in `heads` heads.
ProductErrors check_attention(int frames, int seen, int heads, int threads, uint32_t seed);

// Whether the windows of a convolution over time are to the bit the library's.
bool check_windows(int length, int channels, int stride, int threads, uint32_t seed);

struct Peaks {
    double bytes = 0;   // 8-bit multiplications and additions, billions a second of one thread; 0 where none is known
    double floats = 0;  // the same of 32-bit floats
    double read = 0;    // GB/s of memory beyond the caches
};
Peaks measure_peaks();

}  // namespace sotto
