#include "kernels.h"

namespace sotto {

// The sets that binding.gyp compiles: for this machine, and on x64 for the lesser instruction sets that it has, too.
namespace kernels_native {
extern const Kernels KERNELS;
}
#if defined(__x86_64__)
namespace kernels_avx_vnni {
extern const Kernels KERNELS;
}
namespace kernels_avx2 {
extern const Kernels KERNELS;
}
namespace kernels_128_bit {
extern const Kernels KERNELS;
}
#endif

namespace {

const Kernels * const SETS[] = {
    &kernels_native::KERNELS,
#if defined(__x86_64__)
    &kernels_avx_vnni::KERNELS,
    &kernels_avx2::KERNELS,
    &kernels_128_bit::KERNELS,
#endif
};

const Kernels * selected = &kernels_native::KERNELS;

}  // namespace

const Kernels * selected_kernels() { return selected; }

std::vector<std::string> kernel_names() {
    std::vector<std::string> names;
    for (const Kernels * kernels : SETS) {
        bool is_known = false;
        // On a lesser machine several sets are the same.
        for (const std::string & name : names) is_known = is_known || name == kernels->name;
        if (!is_known) names.push_back(kernels->name);
    }
    return names;
}

void select_kernels(const Kernels * kernels) { selected = kernels; }

bool select_kernels_by_name(const std::string & name) {
    if (name == "library") {
        selected = nullptr;
        return true;
    }
    for (const Kernels * kernels : SETS) {
        if (name != kernels->name) continue;
        selected = kernels;
        return true;
    }
    return false;
}

}  // namespace sotto
