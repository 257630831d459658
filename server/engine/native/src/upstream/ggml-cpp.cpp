// The C++ halves of ggml.c and ggml-cpu.c, whose object files would have the same names.
#include "ggml-cpu.cpp"
#include "ggml.cpp"
