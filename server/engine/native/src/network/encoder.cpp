#include "encoder.h"

#include <algorithm>
#include <cmath>

#include "diagnostics/profile.h"
#include "thread-team.h"

namespace sotto {

namespace {

// Frames that one thread takes through a layer at a time, so that what is between two products stays in the second
// cache. A multiple of every set's columns_together.
constexpr int CHUNK = 96;

size_t shared_bytes(const ModelDimensions & d) {
    const size_t frames = d.audio_frames;
    return align(sizeof(float) * (2 * frames + 2) * d.mel_bands) + align(sizeof(float) * frames * d.audio_width) +
           align(sizeof(float) * (3 * frames + 2) * d.audio_width);
}

}  // namespace

EncodedAudio::EncodedAudio(const ModelDimensions & d)
    : heads_(d.text_heads),
      memory_(sizeof(uint16_t) * 2 * HEAD_VALUES * d.text_heads * d.text_layers * padded_positions(d.audio_frames)) {}

Encoder::Encoder(const Weights & weights) : weights_(weights), memory_(shared_bytes(weights.dimensions)) {}

// The frame before the spectrogram and the one behind it are silent.
float * Encoder::input(int window) {
    const int64_t bands = weights_.dimensions.mel_bands;
    float * const before = reinterpret_cast<float *>(memory_.data());
    std::fill(before, before + bands, 0.0f);
    std::fill(before + (2 * window + 1) * bands, before + (2 * window + 2) * bands, 0.0f);
    return before + bands;
}

// One encoding, as each of its threads sees it. A thread computes the same frames in every layer and waits for the
// others only where attention needs all of them.
class Encoder::Pass {
  public:
    Pass(Encoder & encoder, int window, const ThreadShare & share, const DecodeControl & control, EncodedAudio & out,
         char * scratch)
        : weights_(encoder.weights_), kernels_(weights_.kernels), share_(share), control_(control), out_(out),
          window_(window), width_(weights_.dimensions.audio_width), begin_(share.begin(window, CHUNK_UNIT)),
          end_(share.end(window, CHUNK_UNIT)) {
        char * at = encoder.memory_.data();
        const auto take = [&at](size_t count) {
            float * const here = reinterpret_cast<float *>(at);
            at += align(count * sizeof(float));
            return here;
        };
        const int bands = weights_.dimensions.mel_bands;
        input_ = take(static_cast<size_t>(2 * window + 2) * bands);
        state_ = take(static_cast<size_t>(window) * width_);
        joint_ = take(static_cast<size_t>(3 * window + 2) * width_);
        at = scratch;
        narrow_ = take(static_cast<size_t>(CHUNK) * width_);
        wide_ = take(static_cast<size_t>(CHUNK) * 4 * width_);
        attention_ = take(kernels_.attention_scratch(window));
        activations_ = at;
    }

    static size_t scratch_bytes(const Weights & weights, int window) {
        const int width = weights.dimensions.audio_width;
        return align(sizeof(float) * CHUNK * width) + align(sizeof(float) * CHUNK * 4 * width) +
               align(sizeof(float) * weights.kernels.attention_scratch(window)) +
               weights.kernels.many.activation_bytes(CHUNK, 4 * width / BLOCK_VALUES);
    }

    void run() {
        convolve();
        for (const Layer & layer : weights_.encoder) {
            project(layer);
            share_.wait();
            attend();
            share_.wait();
            transform(layer);
        }
        write_keys_and_values();
    }

  private:
    // Frames at whose multiples threads begin: of every set's columns_together and of KEY_GROUP.
    static constexpr int CHUNK_UNIT = 48;

    // Calls each(first, count) for this thread's frames, some at a time.
    template <typename Each> void for_chunks(Each each) const {
        for (int first = begin_; first < end_; first += CHUNK) {
            if (control_.is_aborted()) return;
            each(first, std::min(CHUNK, end_ - first));
        }
    }

    void convolve() {
        // Silent before the first frame; the second convolution does not reach the one behind the last. What comes
        // here makes way for queries, keys and values.
        if (share_.index == 0) std::fill(joint_, joint_ + width_, 0.0f);
        convolve_frames("first convolution", weights_.convolution_1, {input_, weights_.dimensions.mel_bands},
                        joint_ + width_, 2);
        share_.wait();
        convolve_frames("second convolution", weights_.convolution_2, {joint_, 2 * width_}, state_, 1);
        for (int frame = begin_; frame < end_; frame++)
            kernels_.add_bias(weights_.audio_positions + static_cast<int64_t>(frame) * width_, width_,
                              state_ + static_cast<int64_t>(frame) * width_);
        share_.wait();
    }

    struct Frames {
        const float * first;
        int64_t stride;  // floats from the window of one frame of the output to that of the next
    };

    // This thread's frames of the output, of which the window has so many for each of its own.
    void convolve_frames(const char * name, const FloatLinear & linear, Frames in, float * out, int frames_each) const {
        const ProfileStep step(name, share_.index,
                               static_cast<double>(linear.length) * width_ * frames_each * (end_ - begin_));
        for (int first = frames_each * begin_; first < frames_each * end_ && !control_.is_aborted(); first += CHUNK) {
            const int count = std::min(CHUNK, frames_each * end_ - first);
            float * const to = out + static_cast<int64_t>(first) * width_;
            kernels_.multiply_floats(linear.weights, width_, linear.length, in.first + first * in.stride, in.stride,
                                     count, to, width_);
            for (int n = 0; n < count; n++)
                kernels_.add_bias_gelu(linear.bias, width_, to + static_cast<int64_t>(n) * width_);
        }
    }

    // out = matrix · in for `count` columns; rows of `in` and `out` are so many floats apart.
    void multiply(const Matrix & matrix, const float * in, int64_t in_stride, int count, float * out,
                  int64_t out_stride) {
        {
            const ProfileStep step("quantising of activations", share_.index);
            matrix.kernels->quantise(in, in_stride, 0, count, matrix.blocks, activations_);
        }
        multiply_again("8-bit products, many", matrix, count, out, out_stride);
    }

    // With the activations quantised last. `name` is that of the step in a profile.
    void multiply_again(const char * name, const Matrix & matrix, int count, float * out, int64_t out_stride) {
        const ProfileStep step(name, share_.index,
                               static_cast<double>(matrix.rows) * matrix.blocks * BLOCK_VALUES * count);
        matrix.kernels->multiply(matrix.panels, 0, matrix.panel_count(), activations_, 0, count, matrix.blocks, out,
                                 out_stride);
    }

    void normalise(const Norm & norm, const float * in, int count) {
        const ProfileStep step("norms", share_.index);
        for (int n = 0; n < count; n++)
            kernels_.normalise(in + static_cast<int64_t>(n) * width_, norm.weight, norm.bias, width_,
                               narrow_ + static_cast<int64_t>(n) * width_);
    }

    void project(const Layer & layer) {
        const int64_t stride = 3 * width_;
        for_chunks([&](int first, int count) {
            normalise(layer.attention_norm, state_ + static_cast<int64_t>(first) * width_, count);
            float * const to = joint_ + first * stride;
            multiply(layer.query_key_value.matrix, narrow_, width_, count, to, stride);
            const ProfileStep step("biases", share_.index);
            for (int n = 0; n < count; n++) kernels_.add_bias(layer.query_key_value.bias, 3 * width_, to + n * stride);
        });
    }

    void attend() {
        const ProfileStep step("attention of the encoder", share_.index,
                               2.0 * window_ * window_ * width_ / share_.count);
        const int64_t stride = 3 * width_;
        const int together = kernels_.queries_together;
        const int tiles = (window_ + together - 1) / together;
        const int total = tiles * weights_.dimensions.audio_heads;
        const float scale = 1.0f / std::sqrt(static_cast<float>(HEAD_VALUES));
        int packed = -1;
        for (int at = share_.begin(total); at < share_.end(total); at++) {
            if (control_.is_aborted()) return;
            const int head = at / tiles;
            float * const queries = joint_ + head * HEAD_VALUES;
            if (head != packed) kernels_.pack_head(queries + width_, queries + 2 * width_, stride, window_, attention_);
            packed = head;
            const int first = at % tiles * together;
            kernels_.attend(queries, stride, first, std::min(first + together, window_), window_, scale, attention_);
        }
    }

    void add_residual(const float * bias, int count, float * to) {
        const ProfileStep step("biases", share_.index);
        for (int n = 0; n < count; n++)
            kernels_.add_residual(bias, width_, narrow_ + static_cast<int64_t>(n) * width_,
                                  to + static_cast<int64_t>(n) * width_);
    }

    // Attention has left its results where the queries were.
    void transform(const Layer & layer) {
        for_chunks([&](int first, int count) {
            float * const state = state_ + static_cast<int64_t>(first) * width_;
            multiply(layer.attention_out.matrix, joint_ + static_cast<int64_t>(first) * 3 * width_, 3 * width_, count,
                     narrow_, width_);
            add_residual(layer.attention_out.bias, count, state);
            normalise(layer.mlp_norm, state, count);
            const int64_t wide = 4 * width_;
            multiply(layer.expand.matrix, narrow_, width_, count, wide_, wide);
            {
                const ProfileStep step("activations of layers", share_.index);
                for (int n = 0; n < count; n++) kernels_.add_bias_gelu(layer.expand.bias, 4 * width_, wide_ + n * wide);
            }
            multiply(layer.reduce.matrix, wide_, wide, count, narrow_, width_);
            add_residual(layer.reduce.bias, count, state);
        });
    }

    void write_keys_and_values() {
        const int64_t stride = 2 * width_;
        for_chunks([&](int first, int count) {
            normalise(weights_.encoder_norm, state_ + static_cast<int64_t>(first) * width_, count);
            const Matrix & any = weights_.decoder[0].cross_key_value.matrix;
            any.kernels->quantise(narrow_, width_, 0, count, any.blocks, activations_);
            for (size_t layer = 0; layer < weights_.decoder.size(); layer++) {
                const Linear & linear = weights_.decoder[layer].cross_key_value;
                multiply_again("8-bit products, keys and values", linear.matrix, count, wide_, stride);
                const ProfileStep step("keys and values of the decoder", share_.index);
                for (int n = 0; n < count; n++) kernels_.add_bias(linear.bias, 2 * width_, wide_ + n * stride);
                for (int head = 0; head < weights_.dimensions.text_heads; head++) {
                    const float * const keys = wide_ + head * HEAD_VALUES;
                    kernels_.store_keys(keys, stride, first, first + count, out_.keys(static_cast<int>(layer), head));
                    kernels_.store_values(keys + width_, stride, first, first + count,
                                          out_.values(static_cast<int>(layer), head));
                }
            }
        });
    }

    const Weights & weights_;
    const KernelSet & kernels_;
    const ThreadShare & share_;
    const DecodeControl & control_;
    EncodedAudio & out_;
    const int window_;
    const int width_;
    const int begin_;
    const int end_;
    // Shared by all threads: the spectrogram [frame][band], the state [frame][width], and [frame][query | key | value]
    float * input_;
    float * state_;
    float * joint_;
    // This thread's own: [frame of a chunk][width], [frame of a chunk][4 * width], a head, quantised activations
    float * narrow_;
    float * wide_;
    float * attention_;
    char * activations_;
};

bool Encoder::encode(int window, int threads, const DecodeControl & control, EncodedAudio & out) {
    const size_t bytes = Pass::scratch_bytes(weights_, weights_.dimensions.audio_frames);
    while (scratch_.size() < static_cast<size_t>(threads)) scratch_.push_back(std::make_unique<AlignedMemory>(bytes));
    out.resize(window);
    run_on_threads(threads, [&](const ThreadShare & share) {
        Pass(*this, window, share, control, out, scratch_[share.index]->data()).run();
    });
    return !control.is_aborted();
}

}  // namespace sotto
