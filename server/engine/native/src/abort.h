// Whether the decode that a graph's thread works for has been given up. The library asks between two operations; one
// alone can take longer than an abort may.
#pragma once

#ifdef __cplusplus
extern "C"
#endif
    bool
    sotto_is_aborted(const struct ggml_threadpool * threads);
