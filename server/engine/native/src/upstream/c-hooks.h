// What threads.c, the one file in C, shares with the C++ files.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ggml_tensor;
struct ggml_threadpool;

#ifdef __cplusplus
extern "C" {
#endif

// Whether the abort callback of the graph that these threads compute returns true. Defined in threads.c.
bool sotto_is_aborted(const struct ggml_threadpool * threads);

// The profile of diagnostics/profile.cpp: nanoseconds of this thread's processor time, and an operation that took some.
extern bool sotto_is_profiled;
int64_t sotto_profile_clock(void);
void sotto_profile_add(const struct ggml_tensor * operation, int64_t nanoseconds);

#ifdef __cplusplus
}
#endif
