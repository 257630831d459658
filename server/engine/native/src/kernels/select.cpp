#include <cstdlib>
#include <stdexcept>

#include "kernels.h"
#include "processor.h"

// The build passes the sets that it compiles, the widest instructions first: SOTTO_KERNEL_SET(name) for each.
#ifndef SOTTO_KERNEL_SETS
#error "SOTTO_KERNEL_SETS names the sets of kernels that are compiled"
#endif

namespace sotto {

#define SOTTO_KERNEL_SET(name)                                                                                         \
    namespace name {                                                                                                   \
    extern const Kernels KERNELS;                                                                                      \
    extern const uint32_t NEEDED_INSTRUCTIONS;                                                                         \
    }
SOTTO_KERNEL_SETS
#undef SOTTO_KERNEL_SET

namespace {

struct KernelSet {
    const Kernels * kernels;
    const uint32_t * needs;
};

const KernelSet SETS[] = {
#define SOTTO_KERNEL_SET(name) {&name::KERNELS, &name::NEEDED_INSTRUCTIONS},
    SOTTO_KERNEL_SETS
#undef SOTTO_KERNEL_SET
};

const Kernels * selected = nullptr;

std::vector<const Kernels *> runnable_kernels() {
    const uint32_t available = detect_instructions();
    std::vector<const Kernels *> found;
    for (const KernelSet & set : SETS) {
        if ((*set.needs & ~available) == 0) found.push_back(set.kernels);
    }
    return found;
}

}  // namespace

void select_kernels_for_processor() {
    // The library and the addon themselves are compiled for the base line.
    if ((COMPILED_INSTRUCTIONS & ~detect_instructions()) != 0)
        throw std::runtime_error("this processor lacks AVX2, FMA or F16C, which the native engine needs");
    const std::vector<const Kernels *> found = runnable_kernels();
    selected = found.empty() ? nullptr : found.front();
    const char * wanted = std::getenv("SOTTO_KERNELS");
    if (wanted == nullptr || *wanted == '\0' || select_kernels_by_name(wanted)) return;
    std::string names = "library";
    for (const Kernels * kernels : found) names += std::string(", ") + kernels->name;
    throw std::runtime_error("SOTTO_KERNELS is \"" + std::string(wanted) + "\"; this processor runs: " + names);
}

const Kernels * selected_kernels() { return selected; }

std::vector<std::string> kernel_names() {
    std::vector<std::string> names;
    for (const Kernels * kernels : runnable_kernels()) names.push_back(kernels->name);
    return names;
}

void select_kernels(const Kernels * kernels) { selected = kernels; }

bool select_kernels_by_name(const std::string & name) {
    if (name == "library") {
        selected = nullptr;
        return true;
    }
    for (const Kernels * kernels : runnable_kernels()) {
        if (name != kernels->name) continue;
        selected = kernels;
        return true;
    }
    return false;
}

}  // namespace sotto
