#include "variant.h"

#include "instructions.h"

namespace sotto::SOTTO_VARIANT {

namespace {

#if defined(SOTTO_AVX512_PRODUCTS)
constexpr const char * NAME = "AVX-512 VNNI";
#elif defined(SOTTO_AVX2_PRODUCTS) && defined(__AVXVNNI__)
constexpr const char * NAME = "AVX-VNNI";
#elif defined(SOTTO_AVX2_PRODUCTS)
constexpr const char * NAME = "AVX2";
#elif defined(__ARM_FEATURE_MATMUL_INT8)
constexpr const char * NAME = "NEON i8mm";
#elif defined(__ARM_FEATURE_DOTPROD)
constexpr const char * NAME = "NEON dotprod";
#else
constexpr const char * NAME = "NEON";
#endif

}  // namespace

#if defined(SOTTO_PRODUCTS)
const Kernels KERNELS = {NAME, multiply_q8, multiply_f16, attention, im2col, gelu};
#else
const Kernels KERNELS = {NAME, nullptr, nullptr, attention, im2col, gelu};
#endif

extern const uint32_t NEEDED_INSTRUCTIONS;
const uint32_t NEEDED_INSTRUCTIONS = COMPILED_INSTRUCTIONS;

}  // namespace sotto::SOTTO_VARIANT
