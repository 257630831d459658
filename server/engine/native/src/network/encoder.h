// Whisper's encoder, up to the keys and values that the decoder attends to.
#pragma once

#include <vector>

#include "decode/decode-control.h"
#include "memory.h"
#include "weights.h"

namespace sotto {

// Keys and values of encoded audio for every layer and head of the decoder, in half floats.
class EncodedAudio {
  public:
    explicit EncodedAudio(const ModelDimensions & dimensions);

    // Forgets what was there; the next audio has so many frames.
    void resize(int frames) { frames_ = frames; }
    int frames() const { return frames_; }
    uint16_t * keys(int layer, int head) const { return part(layer, head); }
    uint16_t * values(int layer, int head) const { return part(layer, head) + head_size(); }

  private:
    int64_t head_size() const { return padded_positions(frames_) * HEAD_VALUES; }
    uint16_t * part(int layer, int head) const {
        return reinterpret_cast<uint16_t *>(memory_.data()) +
               2 * head_size() * (static_cast<int64_t>(layer) * heads_ + head);
    }

    int heads_;
    int frames_ = 0;
    AlignedMemory memory_;
};

class Encoder {
  public:
    // `weights` must outlive it. Throws std::bad_alloc.
    explicit Encoder(const Weights & weights);

    // Input of the next `encode` with such a window: a spectrogram, [2 * window frames of 10 ms][band].
    float * input(int window);
    // Encodes `window` frames of 20 ms. False when the decode is aborted.
    bool encode(int window, int threads, const DecodeControl & control, EncodedAudio & out);

  private:
    class Pass;

    const Weights & weights_;
    AlignedMemory memory_;                                 // shared by the threads
    std::vector<std::unique_ptr<AlignedMemory>> scratch_;  // of each thread
};

}  // namespace sotto
