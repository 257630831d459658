#include <cstdlib>
#include <stdexcept>

#include "kernel-set.h"
#include "processor.h"

// The build passes the sets that it compiles, the widest instructions first: SOTTO_KERNEL_SET(name) for each.
#ifndef SOTTO_KERNEL_SETS
#error "SOTTO_KERNEL_SETS names the sets of kernels that are compiled"
#endif

namespace sotto {

#define SOTTO_KERNEL_SET(name)                                                                                         \
    namespace name {                                                                                                   \
    extern const KernelSet KERNELS;                                                                                    \
    extern const uint32_t NEEDED_INSTRUCTIONS;                                                                         \
    }
SOTTO_KERNEL_SETS
#undef SOTTO_KERNEL_SET

namespace {

struct CompiledSet {
    const KernelSet * kernels;
    const uint32_t * needs;
};

const CompiledSet SETS[] = {
#define SOTTO_KERNEL_SET(name) {&name::KERNELS, &name::NEEDED_INSTRUCTIONS},
    SOTTO_KERNEL_SETS
#undef SOTTO_KERNEL_SET
};

const KernelSet * selected = nullptr;

std::vector<const KernelSet *> runnable_sets() {
    const uint32_t available = detect_instructions();
    std::vector<const KernelSet *> found;
    for (const CompiledSet & set : SETS) {
        if ((*set.needs & ~available) == 0) found.push_back(set.kernels);
    }
    return found;
}

}  // namespace

void select_kernel_set_for_processor() {
    const std::vector<const KernelSet *> found = runnable_sets();
    // The addon itself is compiled for the base line.
    if (found.empty() || (COMPILED_INSTRUCTIONS & ~detect_instructions()) != 0)
        throw std::runtime_error("this processor lacks AVX2, FMA or F16C, which the native engine needs");
    selected = found.front();
    const char * wanted = std::getenv("SOTTO_KERNELS");
    if (wanted == nullptr || *wanted == '\0' || select_kernel_set(wanted)) return;
    std::string names;
    for (const KernelSet * set : found) names += std::string(names.empty() ? "" : ", ") + set->name;
    throw std::runtime_error("SOTTO_KERNELS is \"" + std::string(wanted) + "\"; this processor runs: " + names);
}

const KernelSet & kernels() {
    if (selected == nullptr) select_kernel_set_for_processor();
    return *selected;
}

std::vector<std::string> kernel_set_names() {
    std::vector<std::string> names;
    for (const KernelSet * set : runnable_sets()) names.push_back(set->name);
    return names;
}

bool select_kernel_set(const std::string & name) {
    for (const KernelSet * set : runnable_sets()) {
        if (name != set->name) continue;
        selected = set;
        return true;
    }
    return false;
}

}  // namespace sotto
