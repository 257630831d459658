#include "processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(__linux__)
#include <sys/auxv.h>
#endif

namespace sotto {

#if defined(__x86_64__)

// The builtins also ask whether the operating system keeps the wide registers.
uint32_t detect_instructions() {
    __builtin_cpu_init();
    uint32_t found = 0;
    // Every processor with AVX2 has F16C, which older compilers do not know by name.
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (has_avx2) found |= INSTRUCTIONS_AVX2;
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    constexpr unsigned AVX_VNNI_BIT = 1u << 4;  // of EAX in leaf 7, subleaf 1
    if (has_avx2 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & AVX_VNNI_BIT) != 0)
        found |= INSTRUCTIONS_AVX_VNNI;
    const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512cd");
    if (has_avx512) found |= INSTRUCTIONS_AVX512;
    if (has_avx512 && __builtin_cpu_supports("avx512vnni")) found |= INSTRUCTIONS_AVX512_VNNI;
    return found;
}

#elif defined(__APPLE__)

static bool has_feature(const char * name) {
    int value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

uint32_t detect_instructions() {
    uint32_t found = 0;
    if (has_feature("hw.optional.arm.FEAT_DotProd")) found |= INSTRUCTIONS_DOTPROD;
    if (has_feature("hw.optional.arm.FEAT_I8MM")) found |= INSTRUCTIONS_I8MM;
    return found;
}

#elif defined(__aarch64__)

uint32_t detect_instructions() {
    // Of linux/arch/arm64/include/uapi/asm/hwcap.h; headers of older systems lack the second.
    constexpr unsigned long DOTPROD_BIT = 1ul << 20;  // in AT_HWCAP
    constexpr unsigned long I8MM_BIT = 1ul << 13;     // in AT_HWCAP2
    uint32_t found = 0;
    if ((getauxval(AT_HWCAP) & DOTPROD_BIT) != 0) found |= INSTRUCTIONS_DOTPROD;
    if ((getauxval(AT_HWCAP2) & I8MM_BIT) != 0) found |= INSTRUCTIONS_I8MM;
    return found;
}

#else

uint32_t detect_instructions() { return 0; }

#endif

}  // namespace sotto
