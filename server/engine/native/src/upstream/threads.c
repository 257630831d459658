// ggml-cpu.c with two changes, made by redefining the names of two of its functions.
//
// The library's threads wait for each other by spinning, several hundred times per graph. A thread that spins while the
// one it waits for has no core uses up whole time slices: on two cores, with another process on one of them, a decode
// of 0.4 s took 7 s. The function it spins with is replaced by one that sleeps after a short while, which lets the
// scheduler run the other thread.
//
// Each operation is timed while a profile is taken.
//
// The file has this name because the library has a ggml-cpu.cpp beside its ggml-cpu.c, and both would become
// ggml-cpu.o.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <time.h>

// Longer than threads that all have a core wait for each other, much shorter than a time slice.
#define WAIT_SPIN_NS 50000
// Calls further apart belong to different waits, or the thread was taken off its core between them.
#define WAIT_GAP_NS 2000
#define WAIT_SLEEP_NS 20000

static int64_t wait_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_a_little(void) {
    static __thread int64_t began = 0;
    static __thread int64_t last = 0;
    int64_t now = wait_clock();
    if (now - last > WAIT_GAP_NS) began = now;
    if (now - began > WAIT_SPIN_NS) {
        const struct timespec pause = {0, WAIT_SLEEP_NS};
        nanosleep(&pause, NULL);
        now = wait_clock();
    }
    last = now;
}

// The definition has `void` between its parentheses, the calls have nothing.
#define WAIT_FOR_void library_cpu_relax(void)
#define WAIT_FOR_ wait_a_little()
#define ggml_thread_cpu_relax(...) WAIT_FOR_##__VA_ARGS__

// The function that computes one operation. The definition begins its second parameter with `struct`, the one call
// passes `node`.
#include "c-hooks.h"
struct ggml_compute_params;
static void timed_compute_forward(struct ggml_compute_params * params, struct ggml_tensor * operation);
#define COMPUTE_struct library_compute_forward(struct ggml_compute_params * params, struct
#define COMPUTE_node timed_compute_forward(&params, node
#define ggml_compute_forward(params, operation) COMPUTE_##operation)
#include "ggml-cpu.c"
#undef ggml_compute_forward
#undef ggml_thread_cpu_relax

static void timed_compute_forward(struct ggml_compute_params * params, struct ggml_tensor * operation) {
    if (!sotto_is_profiled || params->ith != 0) {
        library_compute_forward(params, operation);
        return;
    }
    const int64_t start = sotto_profile_clock();
    library_compute_forward(params, operation);
    sotto_profile_add(operation, sotto_profile_clock() - start);
}

bool sotto_is_aborted(const struct ggml_threadpool * threads) {
    const struct ggml_cplan * plan = threads->cplan;
    return plan->abort_callback != NULL && plan->abort_callback(plan->abort_callback_data);
}
