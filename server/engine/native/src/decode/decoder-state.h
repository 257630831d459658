// The working memory of one running decode, and its position in the text.
#pragma once

#include <vector>

#include "decode-control.h"
#include "diagnostics/profile.h"
#include "loaded-model.h"

namespace sotto {

class DecoderState {
  public:
    // Fewer tokens are not worth a second thread: their steps are so short that threads mostly wait for each other, a
    // third faster on an idle machine and many times slower when another process is on a core.
    static constexpr int SHARED_TOKENS = 16;

    // Throws std::bad_alloc.
    explicit DecoderState(const LoadedModel & model) : model_(model), whisper_(model.whisper) {}
    DecoderState(const DecoderState &) = delete;
    DecoderState & operator=(const DecoderState &) = delete;

    // Tokens fed so far.
    int position() const { return position_; }

    void begin(int threads, const DecodeControl & control) {
        threads_ = threads;
        control_ = &control;
        whisper_.set_abort_callback(is_aborted, const_cast<DecodeControl *>(&control));
    }

    // The next methods return false when the step fails or the decode is aborted.

    // Encodes `window` frames of 20 ms; what lies behind the samples is silence.
    bool encode(const std::vector<float> & samples, int window) {
        {
            const ProfileStep step("spectrogram");
            if (!model_.mel.compute(samples, 2 * window, whisper_.mel(), *control_)) return false;
        }
        return whisper_.encode(window, threads_) && prepare_decoder();
    }

    // Begins a new text over the audio encoded last.
    bool prepare_decoder() {
        window_ = whisper_.window();
        if (!whisper_.prepare_decoder(threads_)) return false;
        position_ = 0;
        return !control_->is_aborted();
    }

    // Feeds tokens and keeps the logits of those at the indices `rows`.
    bool feed(const std::vector<int> & tokens, const std::vector<int32_t> & rows, bool with_attention) {
        const int count = static_cast<int>(tokens.size());
        const int threads = count < SHARED_TOKENS ? 1 : threads_;
        if (!whisper_.decode(tokens, position_, rows, with_attention, threads, output_)) return false;
        position_ += count;
        fed_ = count;
        return !control_->is_aborted();
    }

    // Forgets all tokens from `position` on.
    void rewind(int position) {
        whisper_.truncate(position);
        position_ = position;
    }

    // Logits of the index-th row asked for in the last feed.
    const float * logits(int index) const {
        return output_.logits.data() + static_cast<size_t>(index) * model_.info.vocabulary_size;
    }

    // Attention of one head for the row-th token fed last, over `frames` frames.
    void read_attention(int row, int head, int frames, float * out) const {
        const float * from = &output_.attention[static_cast<size_t>(head) * window_ * fed_ + row];
        for (int frame = 0; frame < frames; frame++) out[frame] = from[static_cast<size_t>(frame) * fed_];
    }

    // Runs the library's own loop, which begins a new text.
    bool run_library_loop(whisper_full_params params, const std::vector<float> & samples, std::vector<int> & tokens) {
        params.abort_callback = is_aborted;
        params.abort_callback_user_data = const_cast<DecodeControl *>(control_);
        return whisper_.run_library_loop(params, samples, tokens);
    }

  private:
    static bool is_aborted(void * control) { return static_cast<const DecodeControl *>(control)->is_aborted(); }

    const LoadedModel & model_;
    upstream::WhisperState whisper_;
    upstream::WhisperState::DecoderOutput output_;
    const DecodeControl * control_ = nullptr;
    int threads_ = 1;
    int window_ = 0;
    int position_ = 0;
    int fed_ = 0;
};

}  // namespace sotto
