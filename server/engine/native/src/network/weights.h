// The weights of a network, laid out for one set of kernels. Everything lies in one piece of memory, in an order that
// depends on nothing but the dimensions and the set.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/kernel-set.h"
#include "memory.h"
#include "model-file.h"

namespace sotto {

// Weights in 8 bits: `rows` results from `blocks` blocks of values.
struct Matrix {
    const ProductKernels * kernels = nullptr;
    const char * panels = nullptr;
    int rows = 0;
    int blocks = 0;

    int panel_count() const { return panels_of(rows); }
};

struct Norm {
    const float * weight = nullptr;
    const float * bias = nullptr;
};

// A product and what is added to it.
struct Linear {
    Matrix matrix;
    const float * bias = nullptr;
};

// What the layers of the encoder and of the decoder have in common.
struct Layer {
    Norm attention_norm;
    Linear query_key_value;  // [query | key | value]
    Linear attention_out;
    Norm mlp_norm;
    Linear expand;
    Linear reduce;
};

struct DecoderLayer : Layer {
    Norm cross_norm;
    Linear cross_query;
    Linear cross_key_value;  // [key | value], of encoded audio
    Linear cross_out;
};

// Frames that a convolution of the encoder takes together.
constexpr int CONVOLUTION_WIDTH = 3;

// A product of floats and what is added to it.
struct FloatLinear {
    const float * weights = nullptr;  // packed
    const float * bias = nullptr;
    int length = 0;
};

class Weights {
  public:
    // Throws std::runtime_error when a tensor is missing or has another shape, and std::bad_alloc.
    Weights(const ModelFile & file, const KernelSet & kernels);

    const KernelSet & kernels;
    const ModelDimensions dimensions;
    // Products of as many frames as a convolution takes together, [frame][channel].
    FloatLinear convolution_1;
    FloatLinear convolution_2;
    const float * audio_positions = nullptr;  // [frame][width]
    std::vector<Layer> encoder;
    Norm encoder_norm;
    const float * text_positions = nullptr;  // [token][width]
    std::vector<DecoderLayer> decoder;
    Norm decoder_norm;
    Matrix vocabulary;
    // What tokens are fed as, with the values and the type of the file: [token][width].
    FileTensor embedding;

    size_t bytes() const { return memory_ == nullptr ? 0 : memory_->size(); }

  private:
    class Layout;
    void lay_out(Layout & layout);

    std::unique_ptr<AlignedMemory> memory_;
};

}  // namespace sotto
