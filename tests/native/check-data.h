// Random values, memory and comparisons for the checks of kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "kernels/kernel-set.h"

namespace sotto {

constexpr double NO_LIMIT = std::numeric_limits<double>::infinity();
// What memory holds before a kernel writes to it.
constexpr float UNTOUCHED = -12345.0f;

class Random {
  public:
    explicit Random(uint32_t seed) : engine_(seed) {}
    // From `least` to `most`, both included.
    int whole(int least, int most) { return least + static_cast<int>(engine_() % (most - least + 1)); }
    float normal() { return normal_(engine_); }
    std::vector<float> normals(size_t count, float size = 1) {
        std::vector<float> out(count);
        for (float & value : out) value = size * normal();
        return out;
    }

  private:
    std::mt19937 engine_;
    std::normal_distribution<float> normal_{0, 1};
};

// Memory as kernels want it, filled with values that no product should ever read.
class Aligned {
  public:
    explicit Aligned(size_t bytes) : data_(std::aligned_alloc(ALIGNMENT, round_up(bytes))) {
        std::fill_n(static_cast<char *>(data_), round_up(bytes), '\xff');
    }
    ~Aligned() { std::free(data_); }
    Aligned(const Aligned &) = delete;
    Aligned & operator=(const Aligned &) = delete;
    template <typename T> T * as() { return static_cast<T *>(data_); }

  private:
    static constexpr size_t ALIGNMENT = 64;
    static size_t round_up(size_t bytes) { return (bytes / ALIGNMENT + 1) * ALIGNMENT; }
    void * data_;
};

// The error as a share of `size`, what was added up or may be lost.
inline double share_of(double found, double expected, double size) {
    const double error = std::abs(found - expected);
    if (error == 0) return 0;
    return std::isfinite(error / size) ? error / size : NO_LIMIT;
}

inline double read_half(uint16_t half) {
    const int exponent = half >> 10 & 31;
    const int mantissa = half & 1023;
    const double size = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    return half >> 15 ? -size : size;
}

}  // namespace sotto
