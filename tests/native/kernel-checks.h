// One set of kernels beside plain loops in double precision, and its products of bytes also beside the plain set's, on
// random shapes. Needs neither Node nor a model, so that it runs under an emulator.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernel-set.h"

namespace sotto {

struct KernelCheck {
    std::string name;
    double error = 0;  // the largest; infinite where a result is no number or something else was overwritten
    double limit = 0;
    bool passed() const { return error <= limit; }
};

std::vector<KernelCheck> check_kernels(const KernelSet & set, const KernelSet & plain);

}  // namespace sotto
