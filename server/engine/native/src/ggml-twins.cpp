// ggml.cpp and ggml-cpu.cpp share their object names with ggml.c and ggml-cpu.c, so they are compiled from here.
#include "ggml-cpu.cpp"
#include "ggml.cpp"
