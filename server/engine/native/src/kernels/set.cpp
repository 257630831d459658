// One set of kernels: compiled once for each instruction set, with SOTTO_SET as the name of its namespace. Everything
// that it includes has internal linkage, so that no other part of the addon gets a function with instructions that the
// processor may not have.
#ifndef SOTTO_SET
#error "SOTTO_SET names the set of kernels that is compiled"
#endif

#include "instructions.h"
#include "kernel-set.h"

#if defined(SOTTO_PLAIN_PRODUCTS)
#include "int8-portable.h"
#define SOTTO_SET_NAME "plain"
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#include "int8-avx512.h"
#define SOTTO_SET_NAME "AVX-512 VNNI"
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include "int8-avx2.h"
#if defined(__AVXVNNI__)
#define SOTTO_SET_NAME "AVX-VNNI"
#else
#define SOTTO_SET_NAME "AVX2"
#endif
#elif defined(__ARM_NEON)
#include "int8-neon.h"
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define SOTTO_SET_NAME "NEON i8mm"
#elif defined(__ARM_FEATURE_DOTPROD)
#define SOTTO_SET_NAME "NEON dotprod"
#else
#define SOTTO_SET_NAME "NEON"
#endif
#else
#error "no set of kernels fits the base line"
#endif

#include "decoder-attention.h"
#include "elementwise.h"
#include "encoder-attention.h"
#include "float-products.h"
#include "int8-products.h"

namespace sotto::SOTTO_SET {

extern const uint32_t NEEDED_INSTRUCTIONS;
const uint32_t NEEDED_INSTRUCTIONS = COMPILED_INSTRUCTIONS;

extern const KernelSet KERNELS;
const KernelSet KERNELS = {
    SOTTO_SET_NAME,
    {panel_bytes_many, pack_panel_many, activation_bytes_many, COLUMNS, quantise_many, multiply_many},
    {panel_bytes_few, pack_panel_few, activation_bytes_few, 1, quantise_few, multiply_few},
    normalise,
    add_bias,
    add_bias_gelu,
    add_residual,
    float_bytes,
    pack_floats,
    multiply_floats,
    attention_scratch,
    pack_head,
    attend,
    QUERIES,
    store_keys,
    store_values,
    attend_cached,
    exponentials,
    largest,
};

}  // namespace sotto::SOTTO_SET
