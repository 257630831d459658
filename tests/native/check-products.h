#pragma once

#include "kernel-checks.h"

namespace sotto {

// The products of bytes of many columns and of a few.
std::vector<KernelCheck> check_byte_products(const KernelSet & set, const KernelSet & plain);

}  // namespace sotto
