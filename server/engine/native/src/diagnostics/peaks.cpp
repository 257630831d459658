#include "peaks.h"

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sotto {

#if defined(__x86_64__) || defined(__aarch64__)
namespace {

constexpr int ROUNDS = 400'000;
constexpr int TRIES = 5;

double seconds() {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

#if defined(__x86_64__)

constexpr int CHAINS = 10;  // more than the processor needs to hide the latency of each

// A loop over one step of each chain: registers 0 to 9 hold the sums, 15 the factors. Written as instructions, because
// a compiler would compute a product that does not change only once, and uses none beyond the base line here.
#define CHAINED(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9)
#define CLOBBERED                                                                                                      \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",         \
        "xmm13", "xmm14", "xmm15"
#define LOOP(name, instructions, STEP)                                                                                 \
    __attribute__((target(instructions))) void name() {                                                                \
        asm volatile("vzeroall" ::: CLOBBERED);                                                                        \
        for (int i = 0; i < ROUNDS; i++) asm volatile(CHAINED(STEP)::: CLOBBERED);                                     \
    }

#define BYTES_512(n) "vpdpbusd %%zmm15, %%zmm15, %%zmm" #n "\n\t"
#define BYTES_VNNI(n) "%{vex%} vpdpbusd %%ymm15, %%ymm15, %%ymm" #n "\n\t"
#define BYTES_AVX2(n)                                                                                                  \
    "vpmaddubsw %%ymm15, %%ymm15, %%ymm14\n\tvpmaddwd %%ymm15, %%ymm14, %%ymm14\n\tvpaddd %%ymm14, %%ymm" #n           \
    ", %%ymm" #n "\n\t"
#define FLOATS_512(n) "vfmadd231ps %%zmm15, %%zmm15, %%zmm" #n "\n\t"
#define FLOATS_AVX2(n) "vfmadd231ps %%ymm15, %%ymm15, %%ymm" #n "\n\t"

LOOP(multiply_bytes_avx512, "avx512f,avx512vnni", BYTES_512)
#if defined(__clang__) || __GNUC__ >= 11  // older ones do not know AVX-VNNI
LOOP(multiply_bytes_avx_vnni, "avxvnni", BYTES_VNNI)
#else
LOOP(multiply_bytes_avx_vnni, "avx2", BYTES_AVX2)
#endif
LOOP(multiply_bytes_avx2, "avx2", BYTES_AVX2)
LOOP(multiply_floats_avx512, "avx512f", FLOATS_512)
LOOP(multiply_floats_avx2, "avx2,fma", FLOATS_AVX2)

inline void read_line(const char * from) { asm volatile("vmovdqu (%0), %%ymm0" : : "r"(from) : "xmm0"); }

#else

constexpr int CHAINS = 20;  // four vector units, each with a latency of four

// The same, with registers 0 to 19 as sums and 31 as factors. Dot and matrix products are numbers here: an assembler
// would only take them by name where the base line had them.
#define CHAINED(STEP)                                                                                                  \
    STEP(0)                                                                                                            \
    STEP(1)                                                                                                            \
    STEP(2)                                                                                                            \
    STEP(3)                                                                                                            \
    STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11) STEP(12) STEP(13) STEP(14) STEP(15) STEP(16)     \
        STEP(17) STEP(18) STEP(19)
#define CLOBBERED                                                                                                      \
    "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",       \
        "v17", "v18", "v19", "v30", "v31"
#define CLEAR(n) "movi v" #n ".4s, #0\n\t"
#define LOOP(name, STEP)                                                                                               \
    void name() {                                                                                                      \
        asm volatile(CHAINED(CLEAR) "movi v31.4s, #0\n\t" ::: CLOBBERED);                                              \
        for (int i = 0; i < ROUNDS; i++) asm volatile(CHAINED(STEP)::: CLOBBERED);                                     \
    }

#define BYTES_I8MM(n) ".inst 0x4e9fa7e0 + " #n "\n\t"     // smmla vn.4s, v31.16b, v31.16b
#define BYTES_DOTPROD(n) ".inst 0x4e9f97e0 + " #n "\n\t"  // sdot vn.4s, v31.16b, v31.16b
#define BYTES_NEON(n) "smull v30.8h, v31.8b, v31.8b\n\tsmlal2 v30.8h, v31.16b, v31.16b\n\tsadalp v" #n ".4s, v30.8h\n\t"
#define FLOATS_NEON(n) "fmla v" #n ".4s, v31.4s, v31.4s\n\t"

LOOP(multiply_bytes_i8mm, BYTES_I8MM)
LOOP(multiply_bytes_dotprod, BYTES_DOTPROD)
LOOP(multiply_bytes_neon, BYTES_NEON)
LOOP(multiply_floats_neon, FLOATS_NEON)

inline void read_line(const char * from) { asm volatile("ldr q0, [%0]" : : "r"(from) : "v0"); }

#endif

// Billions a second, with `each` at every step of a chain. The best of a few tries: other work only makes it slower.
double peak_of(int each, void (*multiply)()) {
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        const double start = seconds();
        multiply();
        best = std::max(best, static_cast<double>(each) * CHAINS * ROUNDS / (seconds() - start) / 1e9);
    }
    return best;
}

double read_peak() {
    constexpr size_t BYTES = 128 * 1024 * 1024;
    constexpr size_t STREAMS = 4;
    constexpr size_t LINE = 64;
    const std::vector<char> memory(BYTES, 1);
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        const double start = seconds();
        for (size_t at = 0; at < BYTES / STREAMS; at += LINE) {
            for (size_t stream = 0; stream < STREAMS; stream++) read_line(&memory[stream * (BYTES / STREAMS) + at]);
        }
        best = std::max(best, BYTES / (seconds() - start) / 1e9);
    }
    return best;
}

}  // namespace

Peaks measure_peaks(const std::string & set) {
    Peaks peaks;
#if defined(__x86_64__)
    const bool is_avx512 = set == "AVX-512 VNNI";
    peaks.bytes = is_avx512           ? peak_of(64, multiply_bytes_avx512)
                  : set == "AVX-VNNI" ? peak_of(32, multiply_bytes_avx_vnni)
                                      : peak_of(32, multiply_bytes_avx2);
    peaks.floats = is_avx512 ? peak_of(16, multiply_floats_avx512) : peak_of(8, multiply_floats_avx2);
#else
    peaks.bytes = set == "NEON i8mm"      ? peak_of(32, multiply_bytes_i8mm)
                  : set == "NEON dotprod" ? peak_of(16, multiply_bytes_dotprod)
                                          : peak_of(16, multiply_bytes_neon);
    peaks.floats = peak_of(4, multiply_floats_neon);
#endif
    peaks.read = read_peak();
    return peaks;
}
#else
Peaks measure_peaks(const std::string &) { return {}; }
#endif

}  // namespace sotto
