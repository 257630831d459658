// Which kernels compute: for tests and benches, which compare ours with the library's.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif
// The name of the instructions that our products are built for, or null where the library's are used.
const char * sotto_kernels(void);
// True while the library's own products and attention are to be used; of the whole process, not of one decode.
extern bool sotto_only_library;
#ifdef __cplusplus
}
#endif
