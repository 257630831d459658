// Checks every set of kernels that this processor runs, and prints the sets, the best one first.
#include <cstdio>

#include "kernel-checks.h"

// The plain loops of int8-portable.h, compiled for the base line.
namespace sotto::kernels_plain {
extern const KernelSet KERNELS;
}

int main() {
    int failed = 0;
    for (const std::string & name : sotto::kernel_set_names()) {
        sotto::select_kernel_set(name);
        std::printf("set %s\n", name.c_str());
        for (const sotto::KernelCheck & check : sotto::check_kernels(sotto::kernels(), sotto::kernels_plain::KERNELS)) {
            std::printf("  %s %s: %.2g of at most %.2g\n", check.passed() ? "ok" : "not ok", check.name.c_str(),
                        check.error, check.limit);
            if (!check.passed()) failed++;
        }
    }
    return failed == 0 ? 0 : 1;
}
