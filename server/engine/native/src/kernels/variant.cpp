#include "variant.h"

#include "instructions.h"

namespace sotto::SOTTO_VARIANT {

namespace {

#if defined(SOTTO_AVX512_PRODUCTS)
constexpr const char * NAME = "AVX-512 VNNI";
#elif defined(__AVX512F__)
constexpr const char * NAME = "AVX-512";  // attention; products of AVX2
#elif defined(SOTTO_AVX2_PRODUCTS) && defined(__AVXVNNI__)
constexpr const char * NAME = "AVX-VNNI";
#elif defined(SOTTO_AVX2_PRODUCTS)
constexpr const char * NAME = "AVX2";
#elif defined(__AVX__)
constexpr const char * NAME = "AVX";
#else
constexpr const char * NAME = "128-bit";
#endif

}  // namespace

#if defined(SOTTO_PRODUCTS)
const Kernels KERNELS = {NAME, multiply_q8, multiply_f16, attention, im2col, gelu};
#else
const Kernels KERNELS = {NAME, nullptr, nullptr, attention, im2col, gelu};
#endif

}  // namespace sotto::SOTTO_VARIANT
