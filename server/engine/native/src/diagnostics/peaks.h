// What one core of this machine can do, to compare a profile with.
#pragma once

#include <string>

namespace sotto {

struct Peaks {
    double bytes = 0;   // 8-bit multiplications and additions, billions a second of one thread; 0 where unknown
    double floats = 0;  // the same of 32-bit floats
    double read = 0;    // GB/s of memory beyond the caches
};

Peaks measure_peaks(const std::string & set);

}  // namespace sotto
