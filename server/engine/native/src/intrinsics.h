// The vector intrinsics of x64, without the warnings that GCC 12 gives of its own AVX-512 header (GCC bug 105593). It
// gives them where the intrinsics are inlined, so they stay ignored in the whole file that includes this one.
#pragma once

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#endif
