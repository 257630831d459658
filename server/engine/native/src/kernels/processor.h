// Which vector instructions this processor and its operating system have.
#pragma once

#include <cstdint>

#include "instructions.h"

namespace sotto {

// The `Instructions` of instructions.h that run here, as bits. Those of the base line are among them.
uint32_t detect_instructions();

}  // namespace sotto
