// Under a name of its own: the library has a ggml-cpu.cpp beside its ggml-cpu.c, and both would become ggml-cpu.o.
#include "ggml-cpu.c"
