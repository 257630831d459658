// Under a name of its own: the library has a ggml.cpp beside its ggml.c, and both would become ggml.o.
#include "ggml.c"
