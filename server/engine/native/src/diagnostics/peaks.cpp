#include "peaks.h"

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "intrinsics.h"

namespace sotto {

#if defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__)
namespace {

constexpr int CHAINS = 10;  // more than the processor needs to hide the latency of each
constexpr int ROUNDS = 400'000;
constexpr int TRIES = 5;

double seconds() {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Billions a second, with `each` at every step of a chain. The best of a few tries: other work only makes it slower.
template <typename Vector, typename Step> double peak_of(int each, Vector zero, Step step) {
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        Vector chains[CHAINS];
#pragma GCC unroll 10
        for (int chain = 0; chain < CHAINS; chain++) chains[chain] = zero;
        const double start = seconds();
        for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 10
            for (int chain = 0; chain < CHAINS; chain++) chains[chain] = step(chains[chain]);
        }
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
            for (size_t stream = 0; stream < STREAMS; stream++) {
                const __m256i value =
                    _mm256_loadu_si256(reinterpret_cast<const __m256i *>(&memory[stream * (BYTES / STREAMS) + at]));
                asm volatile("" : : "x"(value));
            }
        }
        best = std::max(best, BYTES / (seconds() - start) / 1e9);
    }
    return best;
}

}  // namespace

// Written as instructions: a compiler would compute a product that does not change only once.
Peaks measure_peaks() {
    Peaks peaks;
#if defined(__AVX512F__) && defined(__AVX512VNNI__)
    const __m512i wide = _mm512_set1_epi8(3);
    peaks.bytes = peak_of(64, _mm512_setzero_si512(), [&](__m512i sum) {
        asm volatile("vpdpbusd %1, %1, %0" : "+v"(sum) : "v"(wide));
        return sum;
    });
    const __m512 factor = _mm512_set1_ps(1e-3f);
    peaks.floats = peak_of(16, _mm512_setzero_ps(), [&](__m512 sum) {
        asm volatile("vfmadd231ps %1, %1, %0" : "+v"(sum) : "v"(factor));
        return sum;
    });
#else
    const __m256i bytes = _mm256_set1_epi8(3);
    const __m256i ones = _mm256_set1_epi16(1);
    peaks.bytes = peak_of(32, _mm256_setzero_si256(), [&](__m256i sum) {
        __m256i product;
        asm volatile("vpmaddubsw %2, %2, %1\n\tvpmaddwd %3, %1, %1\n\tvpaddd %1, %0, %0"
                     : "+x"(sum), "=&x"(product)
                     : "x"(bytes), "x"(ones));
        return sum;
    });
    const __m256 factor = _mm256_set1_ps(1e-3f);
    peaks.floats = peak_of(8, _mm256_setzero_ps(), [&](__m256 sum) {
        asm volatile("vfmadd231ps %1, %1, %0" : "+x"(sum) : "x"(factor));
        return sum;
    });
#endif
    peaks.read = read_peak();
    return peaks;
}
#else
Peaks measure_peaks() { return {}; }
#endif

}  // namespace sotto
