// Which vector instructions a set of kernels is compiled for. sources.json has the compiler's flags for each set.
#pragma once

#include <cstdint>

namespace sotto {

// Bits of instruction sets, each of which a processor has or lacks as a whole.
enum Instructions : uint32_t {
    INSTRUCTIONS_AVX2 = 1 << 0,    // with FMA and F16C: the base line on x64
    INSTRUCTIONS_AVX512 = 1 << 1,  // F, BW, VL, DQ, CD
    INSTRUCTIONS_AVX512_VNNI = 1 << 2,
    INSTRUCTIONS_AVX_VNNI = 1 << 3,
    INSTRUCTIONS_DOTPROD = 1 << 4,
    INSTRUCTIONS_I8MM = 1 << 5,
};

// Those that the compiler may use in the file that includes this header.
constexpr uint32_t COMPILED_INSTRUCTIONS = 0
#if defined(__AVX2__)
                                           | INSTRUCTIONS_AVX2
#endif
#if defined(__AVX512F__)
                                           | INSTRUCTIONS_AVX512
#endif
#if defined(__AVX512VNNI__)
                                           | INSTRUCTIONS_AVX512_VNNI
#endif
#if defined(__AVXVNNI__)
                                           | INSTRUCTIONS_AVX_VNNI
#endif
#if defined(__ARM_FEATURE_DOTPROD)
                                           | INSTRUCTIONS_DOTPROD
#endif
#if defined(__ARM_FEATURE_MATMUL_INT8)
                                           | INSTRUCTIONS_I8MM
#endif
    ;

}  // namespace sotto
