// The functions of one set of kernels. The build compiles these files once for each set, with SOTTO_VARIANT as its
// name.
#pragma once

#include "kernels.h"

#ifndef SOTTO_VARIANT
#error "SOTTO_VARIANT names the set of kernels that is compiled"
#endif

namespace sotto::SOTTO_VARIANT {

using upstream::ThreadShare;

extern const Kernels KERNELS;

// Only with SOTTO_PRODUCTS of instructions.h.
int64_t multiply_q8(const ThreadShare & share, const Q8Product & product);
void multiply_f16(const ThreadShare & share, const F16Product & product);

bool attention(const ThreadShare & share, ggml_tensor * out);
bool im2col(const ThreadShare & share, ggml_tensor * out);
void gelu(int count, float * out, const float * in);

}  // namespace sotto::SOTTO_VARIANT
