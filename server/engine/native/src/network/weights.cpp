#include "weights.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "ggml.h"

namespace sotto {

namespace {

// 8 bits would hide what is no number: every value is looked at once, here.
void check_floats(const float * values, int64_t count) {
    // What is infinite or no number makes the sum so, too.
    float sum = 0;
    for (int64_t i = 0; i < count; i++) sum += values[i] * 0.0f;
    if (sum != 0.0f) throw std::runtime_error("its weights are no numbers");
}

void check_scales(const Q8Block * blocks, int64_t count) {
    constexpr uint16_t EXPONENT = 0x7c00;
    for (int64_t i = 0; i < count; i++) {
        if ((blocks[i].scale & EXPONENT) == EXPONENT) throw std::runtime_error("its weights are no numbers");
    }
}

void quantise(const float * values, int64_t count, Q8Block * out) {
    ggml_get_type_traits(GGML_TYPE_Q8_0)->from_float_ref(values, out, count);
}

void read_checked(const FileTensor & tensor, int first, int rows, float * out) {
    read_floats(tensor, first, rows, out);
    check_floats(out, static_cast<int64_t>(rows) * tensor.length);
}

// Rows of a tensor as 8-bit blocks: as they are, or quantised.
void read_blocks(const FileTensor & tensor, int first, int rows, Q8Block * out) {
    static_assert(sizeof(Q8Block) == 34, "the layout of ggml's q8_0");
    const int blocks = tensor.length / BLOCK_VALUES;
    if (tensor.type == GGML_TYPE_Q8_0) {
        std::memcpy(out, tensor.data + static_cast<size_t>(first) * blocks * sizeof(Q8Block),
                    static_cast<size_t>(rows) * blocks * sizeof(Q8Block));
        check_scales(out, static_cast<int64_t>(rows) * blocks);
        return;
    }
    std::vector<float> values(static_cast<size_t>(rows) * tensor.length);
    read_checked(tensor, first, rows, values.data());
    quantise(values.data(), static_cast<int64_t>(values.size()), out);
}

}  // namespace

// Gives every part its place. The first time without memory, to find out how much it takes.
class Weights::Layout {
  public:
    Layout(const ModelFile & file, char * memory) : file_(file), memory_(memory) {}

    size_t used() const { return used_; }

    const float * floats(const std::string & name, int length, int rows = 1) {
        const FileTensor & tensor = file_.tensor(name, length, rows);
        float * const out = reinterpret_cast<float *>(take(sizeof(float) * length * rows));
        if (memory_ != nullptr) read_checked(tensor, 0, rows, out);
        return out;
    }

    FileTensor copy(const std::string & name, int length, int rows) {
        FileTensor tensor = file_.tensor(name, length, rows);
        char * const out = take(tensor.bytes);
        if (memory_ != nullptr) std::memcpy(out, tensor.data, tensor.bytes);
        tensor.data = out;
        return tensor;
    }

    // The biases of several products, one behind the other; an empty name stands for zeros.
    const float * biases(const std::vector<std::string> & names, int length) {
        float * const out = reinterpret_cast<float *>(take(sizeof(float) * length * names.size()));
        for (size_t i = 0; i < names.size(); i++) {
            if (names[i].empty()) continue;
            const FileTensor & tensor = file_.tensor(names[i], length, 1);
            if (memory_ != nullptr) read_checked(tensor, 0, 1, out + i * length);
        }
        return out;
    }

    // The rows of several tensors of one length, one behind the other.
    Matrix matrix(const std::vector<std::string> & names, int length, int rows_each, const ProductKernels & kernels) {
        if (names.size() > 1 && rows_each % PANEL_ROWS != 0) throw std::runtime_error("its width is no multiple of 16");
        const Matrix matrix = place(length, static_cast<int>(names.size()) * rows_each, kernels);
        std::vector<Q8Block> rows(static_cast<size_t>(PANEL_ROWS) * matrix.blocks);
        for (size_t i = 0; i < names.size(); i++) {
            const FileTensor & tensor = file_.tensor(names[i], length, rows_each);
            for (int row = 0; memory_ != nullptr && row < rows_each; row += PANEL_ROWS) {
                std::fill(rows.begin(), rows.end(), Q8Block{});
                read_blocks(tensor, row, std::min(PANEL_ROWS, rows_each - row), rows.data());
                pack(matrix, static_cast<int>(i * rows_each + row) / PANEL_ROWS, rows.data());
            }
        }
        return matrix;
    }

    Linear linear(const std::string & name, int length, int rows, const ProductKernels & kernels) {
        Linear linear;
        linear.matrix = matrix({name + ".weight"}, length, rows, kernels);
        linear.bias = floats(name + ".bias", rows);
        return linear;
    }

    Norm norm(const std::string & name, int width) {
        Norm norm;
        norm.weight = floats(name + ".weight", width);
        norm.bias = floats(name + ".bias", width);
        return norm;
    }

    // In floats, as the file has them: 8 bits cost `base` a quarter of a point of word errors.
    FloatLinear convolution(const std::string & name, int channels, int rows, const KernelSet & kernels) {
        FloatLinear linear;
        linear.length = CONVOLUTION_WIDTH * channels;
        float * const out = reinterpret_cast<float *>(take(kernels.float_bytes(rows, linear.length)));
        linear.weights = out;
        const std::vector<float> weights = convolution_rows(name, channels, rows);
        if (memory_ != nullptr) kernels.pack_floats(weights.data(), rows, linear.length, out);
        linear.bias = convolution_bias(name, rows);
        return linear;
    }

    void layer(Layer & layer, const std::string & name, int width, const ProductKernels & kernels) {
        const std::string attention = name + ".attn.";
        layer.attention_norm = norm(name + ".attn_ln", width);
        layer.query_key_value.matrix = matrix(
            {attention + "query.weight", attention + "key.weight", attention + "value.weight"}, width, width, kernels);
        layer.query_key_value.bias = biases({attention + "query.bias", "", attention + "value.bias"}, width);
        layer.attention_out = linear(attention + "out", width, width, kernels);
        layer.mlp_norm = norm(name + ".mlp_ln", width);
        layer.expand = linear(name + ".mlp.0", width, 4 * width, kernels);
        layer.reduce = linear(name + ".mlp.2", 4 * width, width, kernels);
    }

  private:
    Matrix place(int length, int rows, const ProductKernels & kernels) {
        if (length % BLOCK_VALUES != 0) throw std::runtime_error("its width is no multiple of 32");
        Matrix matrix;
        matrix.kernels = &kernels;
        matrix.blocks = length / BLOCK_VALUES;
        matrix.rows = rows;
        matrix.panels = take(kernels.panel_bytes(matrix.blocks) * matrix.panel_count());
        return matrix;
    }

    static void pack(const Matrix & matrix, int panel, const Q8Block * rows) {
        char * const out = const_cast<char *>(matrix.panels) + panel * matrix.kernels->panel_bytes(matrix.blocks);
        matrix.kernels->pack_panel(rows, matrix.blocks, matrix.blocks, out);
    }

    // A convolution's weights as rows of a product: [row][frame][channel], where the file has [row][channel][frame].
    std::vector<float> convolution_rows(const std::string & name, int channels, int rows) const {
        const FileTensor & tensor = file_.tensor(name + ".weight", CONVOLUTION_WIDTH, channels * rows);
        if (memory_ == nullptr) return {};
        std::vector<float> given(static_cast<size_t>(tensor.rows) * CONVOLUTION_WIDTH);
        read_checked(tensor, 0, tensor.rows, given.data());
        std::vector<float> turned(given.size());
        auto from = given.begin();
        for (int row = 0; row < rows; row++) {
            float * const to = &turned[static_cast<size_t>(row) * CONVOLUTION_WIDTH * channels];
            for (int channel = 0; channel < channels; channel++) {
                for (int frame = 0; frame < CONVOLUTION_WIDTH; frame++) to[frame * channels + channel] = *from++;
            }
        }
        return turned;
    }

    // One value a row: its tensor has rows of one.
    const float * convolution_bias(const std::string & name, int rows) {
        const FileTensor & bias = file_.tensor(name + ".bias", 1, rows);
        float * const out = reinterpret_cast<float *>(take(sizeof(float) * rows));
        if (memory_ != nullptr) read_checked(bias, 0, rows, out);
        return out;
    }

    char * take(size_t bytes) {
        char * const here = memory_ + used_;
        used_ += align(bytes);
        return here;
    }

    const ModelFile & file_;
    char * memory_;
    size_t used_ = 0;
};

Weights::Weights(const ModelFile & file, const KernelSet & kernels) : kernels(kernels), dimensions(file.dimensions) {
    const ModelDimensions & d = dimensions;
    if (d.audio_heads * HEAD_VALUES != d.audio_width || d.text_heads * HEAD_VALUES != d.text_width)
        throw std::runtime_error("its heads are not of 64 values");
    Layout sizes(file, nullptr);
    lay_out(sizes);
    memory_ = std::make_unique<AlignedMemory>(sizes.used());
    Layout layout(file, memory_->data());
    lay_out(layout);
}

void Weights::lay_out(Layout & layout) {
    const int width = dimensions.audio_width;
    convolution_1 = layout.convolution("encoder.conv1", dimensions.mel_bands, width, kernels);
    convolution_2 = layout.convolution("encoder.conv2", width, width, kernels);
    audio_positions = layout.floats("encoder.positional_embedding", width, dimensions.audio_frames);
    encoder.resize(dimensions.audio_layers);
    for (int i = 0; i < dimensions.audio_layers; i++)
        layout.layer(encoder[i], "encoder.blocks." + std::to_string(i), width, kernels.many);
    encoder_norm = layout.norm("encoder.ln_post", width);

    text_positions = layout.floats("decoder.positional_embedding", width, dimensions.text_tokens);
    decoder.resize(dimensions.text_layers);
    for (int i = 0; i < dimensions.text_layers; i++) {
        const std::string name = "decoder.blocks." + std::to_string(i);
        const std::string cross = name + ".cross_attn.";
        DecoderLayer & layer = decoder[i];
        layout.layer(layer, name, width, kernels.few);
        layer.cross_norm = layout.norm(name + ".cross_attn_ln", width);
        layer.cross_query = layout.linear(cross + "query", width, width, kernels.few);
        layer.cross_key_value.matrix =
            layout.matrix({cross + "key.weight", cross + "value.weight"}, width, width, kernels.many);
        layer.cross_key_value.bias = layout.biases({"", cross + "value.bias"}, width);
        layer.cross_out = layout.linear(cross + "out", width, width, kernels.few);
    }
    decoder_norm = layout.norm("decoder.ln", width);
    vocabulary = layout.matrix({"decoder.token_embedding.weight"}, width, dimensions.vocabulary, kernels.few);
    embedding = layout.copy("decoder.token_embedding.weight", width, dimensions.vocabulary);
}

}  // namespace sotto
