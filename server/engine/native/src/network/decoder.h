// Whisper's decoder: tokens in, logits and attention out, with the keys and values of earlier tokens cached.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "decode/decode-control.h"
#include "encoder.h"
#include "memory.h"
#include "weights.h"

namespace sotto {

// An attention head over the encoded audio.
struct AlignmentHead {
    int layer;
    int head;
};

// Keys and values of the tokens of one text, for every layer and head, in half floats.
class TextCache {
  public:
    // Throws std::bad_alloc.
    explicit TextCache(const ModelDimensions & dimensions);

    uint16_t * keys(int layer, int head) const { return part(layer, head); }
    uint16_t * values(int layer, int head) const { return part(layer, head) + head_size_; }
    // Becomes like `from` as far as its first `count` tokens go.
    void copy_from(const TextCache & from, int count);

  private:
    uint16_t * part(int layer, int head) const {
        return reinterpret_cast<uint16_t *>(memory_.data()) + 2 * head_size_ * (int64_t{layer} * heads_ + head);
    }

    int layers_;
    int heads_;
    int64_t head_size_;
    AlignedMemory memory_;
};

// A token at its place in a text. Tokens of several texts may be fed together.
struct FedToken {
    int id;
    int position;
    TextCache * cache;
    bool has_logits;  // computes the logits of what follows it
};

class Decoder {
  public:
    // Everything passed must outlive it. `heads` are those whose attention can be read.
    Decoder(const Weights & weights, const std::vector<AlignmentHead> & heads);

    // Feeds tokens, each behind those that were fed to its cache before. False when the decode is aborted. Throws
    // std::runtime_error for a text longer than the model's, and std::bad_alloc.
    bool feed(const std::vector<FedToken> & tokens, const EncodedAudio & audio, bool with_attention, int threads,
              const DecodeControl & control);

    // Of the index-th token fed last that has logits.
    const float * logits(int index) const { return logits_.data() + static_cast<size_t>(index) * logits_stride(); }
    // Attention of the index-th token fed last, by one of the heads: a probability for each frame of the audio.
    const float * attention(int index, int head) const {
        return attention_.data() + (static_cast<size_t>(index) * heads_.size() + head) * attention_stride_;
    }

  private:
    class Pass;

    int logits_stride() const { return weights_.vocabulary.panel_count() * PANEL_ROWS; }

    const Weights & weights_;
    const std::vector<AlignmentHead> & heads_;
    std::vector<int> logits_rows_;  // the tokens fed last that have logits
    std::vector<float> logits_;
    std::vector<float> attention_;
    size_t attention_stride_ = 0;
    std::unique_ptr<AlignedMemory> memory_;  // what is between products, for as many tokens as were fed at once
};

}  // namespace sotto
