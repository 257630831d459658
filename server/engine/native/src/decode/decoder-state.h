// The working memory of one running decode, and its position in the text.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "decode-control.h"
#include "diagnostics/profile.h"
#include "loaded-model.h"
#include "network/decoder.h"
#include "network/encoder.h"

namespace sotto {

class DecoderState {
  public:
    // Fewer tokens are not worth a second thread: their steps are so short that threads mostly wait for each other, a
    // third faster on an idle machine and many times slower when another process is on a core.
    static constexpr int SHARED_TOKENS = 16;

    // Throws std::bad_alloc.
    explicit DecoderState(const LoadedModel & model)
        : model_(model), encoder_(model.weights), audio_(model.dimensions), text_(model.dimensions),
          decoder_(model.weights, model.alignment.heads) {}
    DecoderState(const DecoderState &) = delete;
    DecoderState & operator=(const DecoderState &) = delete;

    // Tokens fed so far.
    int position() const { return position_; }

    void begin(int threads, const DecodeControl & control) {
        threads_ = threads;
        control_ = &control;
    }

    // The next methods return false when the decode is aborted, and throw std::bad_alloc.

    // Encodes `window` frames of 20 ms; what lies behind the samples is silence. Forgets all tokens.
    bool encode(const std::vector<float> & samples, int window) {
        {
            const ProfileStep step("spectrogram");
            if (!model_.mel.compute(samples, 2 * window, encoder_.input(window), *control_)) return false;
        }
        position_ = 0;
        return encoder_.encode(window, threads_, *control_, audio_);
    }

    // Feeds tokens and keeps the logits of those at the indices `rows`, which ascend.
    bool feed(const std::vector<int> & tokens, const std::vector<int> & rows, bool with_attention) {
        const int count = static_cast<int>(tokens.size());
        fed_.clear();
        for (const int token : tokens) fed_.push_back({token, position_++, &text_, false});
        for (const int row : rows) fed_[row].has_logits = true;
        return decoder_.feed(fed_, audio_, with_attention, count < SHARED_TOKENS ? 1 : threads_, *control_);
    }

    // Forgets all tokens from `position` on.
    void rewind(int position) { position_ = position; }

    // Texts that continue the one fed so far, side by side: begin_beams, then choose_beams and feed_beams in turn. The
    // text itself stays as it is.
    void begin_beams(int count) {
        beam_position_ = position_;
        parents_.assign(1, &text_);
        while (static_cast<int>(beams_.size()) < 2 * count)
            beams_.push_back(std::make_unique<TextCache>(model_.dimensions));
    }

    // The next beams continue those with these indices; at the beginning, the text.
    void choose_beams(const std::vector<int> & parents) {
        std::vector<TextCache *> next;
        for (const int parent : parents) {
            const TextCache & from = *parents_[parent];
            // A cache that no beam continues any more, or has been read for the last time.
            for (const std::unique_ptr<TextCache> & cache : beams_) {
                const auto uses = [&](const std::vector<TextCache *> & all) {
                    return std::find(all.begin(), all.end(), cache.get()) != all.end();
                };
                if (uses(next) || uses(parents_)) continue;
                cache->copy_from(from, beam_position_);
                next.push_back(cache.get());
                break;
            }
        }
        parents_ = next;
    }

    // Feeds one token to each beam and keeps all of their logits.
    bool feed_beams(const std::vector<int> & tokens) {
        fed_.clear();
        for (size_t i = 0; i < tokens.size(); i++) fed_.push_back({tokens[i], beam_position_, parents_[i], true});
        beam_position_++;
        return decoder_.feed(fed_, audio_, false, 1, *control_);
    }

    // Logits of the index-th row asked for in the last feed.
    const float * logits(int index) const { return decoder_.logits(index); }

    // Attention of one head for the row-th token fed last: a probability for each frame of the window.
    const float * attention(int row, int head) const { return decoder_.attention(row, head); }

  private:
    const LoadedModel & model_;
    Encoder encoder_;
    EncodedAudio audio_;
    TextCache text_;
    Decoder decoder_;
    std::vector<FedToken> fed_;
    std::vector<std::unique_ptr<TextCache>> beams_;  // twice as many as beams: those continued and those that continue
    std::vector<TextCache *> parents_;
    int beam_position_ = 0;
    const DecodeControl * control_ = nullptr;
    int threads_ = 1;
    int position_ = 0;
};

}  // namespace sotto
