#include "decoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "diagnostics/profile.h"
#include "thread-team.h"

namespace sotto {

namespace {

// Fewer tokens, as a draft or beams feed, have a row of their own in a profile.
constexpr int FEW_TOKENS = 6;

}  // namespace

TextCache::TextCache(const ModelDimensions & d)
    : layers_(d.text_layers), heads_(d.text_heads), head_size_(padded_positions(d.text_tokens) * HEAD_VALUES),
      memory_(sizeof(uint16_t) * 2 * head_size_ * d.text_heads * d.text_layers) {}

void TextCache::copy_from(const TextCache & from, int count) {
    for (int layer = 0; layer < layers_; layer++) {
        for (int head = 0; head < heads_; head++) {
            std::memcpy(keys(layer, head), from.keys(layer, head),
                        sizeof(uint16_t) * HEAD_VALUES * padded_positions(count));
            std::memcpy(values(layer, head), from.values(layer, head), sizeof(uint16_t) * HEAD_VALUES * count);
        }
    }
}

Decoder::Decoder(const Weights & weights, const std::vector<AlignmentHead> & heads)
    : weights_(weights), heads_(heads) {}

// One feed, as each of its threads sees it: threads share the rows of products, the tokens of what is done token by
// token, and the heads of attention.
class Decoder::Pass {
  public:
    Pass(Decoder & decoder, const std::vector<FedToken> & tokens, const EncodedAudio & audio, bool with_attention,
         const ThreadShare & share, const DecodeControl & control)
        : decoder_(decoder), weights_(decoder.weights_), kernels_(weights_.kernels), tokens_(tokens), audio_(audio),
          with_attention_(with_attention), share_(share), control_(control), count_(static_cast<int>(tokens.size())),
          width_(weights_.dimensions.text_width) {
        char * at = decoder.memory_->data();
        const auto take = [&at](int64_t count) {
            float * const here = reinterpret_cast<float *>(at);
            at += align(count * sizeof(float));
            return here;
        };
        state_ = take(int64_t{count_} * width_);
        narrow_ = take(int64_t{count_} * width_);
        wide_ = take(int64_t{count_} * 4 * width_);
        for (int thread = 0; thread <= share.index; thread++)
            probabilities_ = take(probability_count(weights_.dimensions));
        at = decoder.memory_->data() + bytes_before_activations(weights_.dimensions, count_, share.count);
        activations_ = at;
    }

    static size_t bytes(const Weights & weights, int tokens, int threads) {
        return bytes_before_activations(weights.dimensions, tokens, threads) +
               weights.kernels.few.activation_bytes(tokens, 4 * weights.dimensions.text_width / BLOCK_VALUES);
    }

    // Writes the first state of all tokens, before there are threads: reading a tensor takes memory, and they must not
    // throw.
    static void embed(Decoder & decoder, const std::vector<FedToken> & tokens) {
        const Weights & weights = decoder.weights_;
        const int width = weights.dimensions.text_width;
        float * row = reinterpret_cast<float *>(decoder.memory_->data());
        for (const FedToken & token : tokens) {
            read_floats(weights.embedding, token.id, 1, row);
            weights.kernels.add_bias(weights.text_positions + int64_t{token.position} * width, width, row);
            row += width;
        }
    }

    void run() {
        for (int layer = 0; layer < weights_.dimensions.text_layers; layer++) {
            if (control_.is_aborted()) is_aborted_ = true;
            attend_to_text(layer);
            attend_to_audio(layer);
            transform(weights_.decoder[layer]);
        }
        write_logits();
    }

  private:
    static int64_t probability_count(const ModelDimensions & d) {
        return padded_positions(std::max(d.text_tokens, d.audio_frames));
    }

    static size_t bytes_before_activations(const ModelDimensions & d, int tokens, int threads) {
        return 2 * align(sizeof(float) * tokens * d.text_width) + align(sizeof(float) * tokens * 4 * d.text_width) +
               threads * align(sizeof(float) * probability_count(d));
    }

    template <typename Each> void for_tokens(Each each) const {
        for (int token = share_.begin(count_); token < share_.end(count_); token++) each(token);
    }

    // out[token] = matrix · in[token]. Every thread has written its tokens of `in`; afterwards it may read all of
    // `out`.
    void multiply(const Matrix & matrix, const float * in, int count, float * out, int64_t stride) {
        const int64_t in_stride = int64_t{matrix.blocks} * BLOCK_VALUES;
        const ProfileStep step(count == 1           ? "8-bit products, 1 token"
                               : count < FEW_TOKENS ? "8-bit products, 2-5 tokens"
                                                    : "8-bit products, tokens",
                               share_.index, static_cast<double>(matrix.rows) * in_stride * count,
                               static_cast<double>(matrix.kernels->panel_bytes(matrix.blocks)) * matrix.panel_count());
        matrix.kernels->quantise(in, in_stride, share_.begin(count), share_.end(count), matrix.blocks, activations_);
        share_.wait();
        if (!is_aborted_)
            matrix.kernels->multiply(matrix.panels, share_.begin(matrix.panel_count()),
                                     share_.end(matrix.panel_count()), activations_, 0, count, matrix.blocks, out,
                                     stride);
        share_.wait();
    }

    void normalise(const Norm & norm) {
        for_tokens([&](int token) {
            kernels_.normalise(state_ + int64_t{token} * width_, norm.weight, norm.bias, width_,
                               narrow_ + int64_t{token} * width_);
        });
    }

    // Adds a product of `narrow` to the state.
    void add_product(const Linear & linear, const float * in) {
        multiply(linear.matrix, in, count_, narrow_, width_);
        for_tokens([&](int token) {
            kernels_.add_residual(linear.bias, width_, narrow_ + int64_t{token} * width_,
                                  state_ + int64_t{token} * width_);
        });
    }

    void attend_to_text(int index) {
        const DecoderLayer & layer = weights_.decoder[index];
        const int64_t stride = 3 * width_;
        normalise(layer.attention_norm);
        multiply(layer.query_key_value.matrix, narrow_, count_, wide_, stride);
        for_tokens(
            [&](int token) { kernels_.add_bias(layer.query_key_value.bias, 3 * width_, wide_ + token * stride); });
        share_.wait();
        const ProfileStep step("attention of tokens", share_.index);
        const int heads = weights_.dimensions.text_heads;
        for (int head = share_.begin(heads); head < share_.end(heads); head++) {
            // All are stored before any is read: tokens of one text see those before them.
            for (int token = 0; token < count_; token++) {
                const FedToken & fed = tokens_[token];
                const float * const keys = wide_ + token * stride + width_ + head * HEAD_VALUES;
                kernels_.store_keys(keys, stride, fed.position, fed.position + 1, fed.cache->keys(index, head));
                kernels_.store_values(keys + width_, stride, fed.position, fed.position + 1,
                                      fed.cache->values(index, head));
            }
            for (int token = 0; token < count_; token++) {
                const FedToken & fed = tokens_[token];
                kernels_.attend_cached(wide_ + token * stride + head * HEAD_VALUES, SCALE, fed.cache->keys(index, head),
                                       fed.cache->values(index, head), fed.position + 1, probabilities_,
                                       narrow_ + int64_t{token} * width_ + head * HEAD_VALUES);
            }
        }
        share_.wait();
        add_product(layer.attention_out, narrow_);
    }

    void attend_to_audio(int index) {
        const DecoderLayer & layer = weights_.decoder[index];
        normalise(layer.cross_norm);
        multiply(layer.cross_query.matrix, narrow_, count_, wide_, width_);
        for_tokens(
            [&](int token) { kernels_.add_bias(layer.cross_query.bias, width_, wide_ + int64_t{token} * width_); });
        share_.wait();
        {
            const ProfileStep step("attention to audio", share_.index, 0,
                                   4.0 * audio_.frames() * width_ / share_.count);
            const int heads = weights_.dimensions.text_heads;
            for (int head = share_.begin(heads); head < share_.end(heads) && !is_aborted_; head++) {
                for (int token = 0; token < count_; token++) {
                    const int64_t at = int64_t{token} * width_ + head * HEAD_VALUES;
                    kernels_.attend_cached(wide_ + at, SCALE, audio_.keys(index, head), audio_.values(index, head),
                                           audio_.frames(), probabilities_, narrow_ + at);
                    if (with_attention_) write_attention(index, head, token);
                }
            }
        }
        share_.wait();
        add_product(layer.cross_out, narrow_);
    }

    void write_attention(int layer, int head, int token) {
        const std::vector<AlignmentHead> & heads = decoder_.heads_;
        for (size_t i = 0; i < heads.size(); i++) {
            if (heads[i].layer != layer || heads[i].head != head) continue;
            float * const to = decoder_.attention_.data() + (token * heads.size() + i) * decoder_.attention_stride_;
            std::copy(probabilities_, probabilities_ + audio_.frames(), to);
        }
    }

    void transform(const DecoderLayer & layer) {
        const int64_t wide = 4 * width_;
        normalise(layer.mlp_norm);
        multiply(layer.expand.matrix, narrow_, count_, wide_, wide);
        for_tokens([&](int token) { kernels_.add_bias_gelu(layer.expand.bias, 4 * width_, wide_ + token * wide); });
        add_product(layer.reduce, wide_);
    }

    void write_logits() {
        share_.wait();
        const std::vector<int> & rows = decoder_.logits_rows_;
        const int count = static_cast<int>(rows.size());
        for (int i = share_.begin(count); i < share_.end(count); i++)
            kernels_.normalise(state_ + int64_t{rows[i]} * width_, weights_.decoder_norm.weight,
                               weights_.decoder_norm.bias, width_, narrow_ + int64_t{i} * width_);
        multiply(weights_.vocabulary, narrow_, count, decoder_.logits_.data(), decoder_.logits_stride());
    }

    const float SCALE = 1.0f / std::sqrt(static_cast<float>(HEAD_VALUES));

    Decoder & decoder_;
    const Weights & weights_;
    const KernelSet & kernels_;
    const std::vector<FedToken> & tokens_;
    const EncodedAudio & audio_;
    const bool with_attention_;
    const ThreadShare & share_;
    const DecodeControl & control_;
    const int count_;
    const int width_;
    // An aborted feed goes through its steps without the work, so that no thread waits for another in vain.
    bool is_aborted_ = false;
    float * state_;          // [token][width], at the beginning of the memory
    float * narrow_;         // [token][width]
    float * wide_;           // [token][4 * width]
    float * probabilities_;  // of one query, this thread's own
    char * activations_;     // quantised
};

bool Decoder::feed(const std::vector<FedToken> & tokens, const EncodedAudio & audio, bool with_attention, int threads,
                   const DecodeControl & control) {
    for (const FedToken & token : tokens) {
        if (token.position >= weights_.dimensions.text_tokens) throw std::runtime_error("the text is too long");
    }
    const size_t bytes = Pass::bytes(weights_, static_cast<int>(tokens.size()), threads);
    if (memory_ == nullptr || memory_->size() < bytes) {
        memory_.reset();
        memory_ = std::make_unique<AlignedMemory>(bytes);
    }
    logits_rows_.clear();
    for (size_t i = 0; i < tokens.size(); i++) {
        if (tokens[i].has_logits) logits_rows_.push_back(static_cast<int>(i));
    }
    logits_.resize(logits_rows_.size() * static_cast<size_t>(logits_stride()));
    if (with_attention) {
        attention_stride_ = audio.frames();
        attention_.resize(tokens.size() * heads_.size() * attention_stride_);
    }
    Pass::embed(*this, tokens);
    run_on_threads(
        threads, [&](const ThreadShare & share) { Pass(*this, tokens, audio, with_attention, share, control).run(); });
    return !control.is_aborted();
}

}  // namespace sotto
