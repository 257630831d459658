// Which vector instructions a set of kernels is compiled for.
#pragma once

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#define SOTTO_AVX512_PRODUCTS 1
#define SOTTO_PRODUCTS 1
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#define SOTTO_AVX2_PRODUCTS 1
#define SOTTO_PRODUCTS 1
#endif
