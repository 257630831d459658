// One decode over one state: greedy by default, and stopped before it writes what the audio does not hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decode.h"
#include "decoder-state.h"
#include "draft.h"
#include "loaded-model.h"
#include "token-sampler.h"
#include "token.h"

namespace sotto {

// More of a prompt or prefix than this is never used; it bounds the work of tokenizing it.
constexpr size_t PROMPT_BYTES_MAX = 4'000;

// The last bytes of a text, from the beginning of a character on.
std::string last_bytes(const std::string & text, size_t bytes_max);

// More tokens than anybody speaks in so much audio.
int token_budget(const std::vector<float> & samples);

class DecodingTask {
  public:
    // Everything passed must outlive the task.
    DecodingTask(const LoadedModel & model, DecoderState & state, const std::vector<float> & samples,
                 const DecodeOptions & options, const DecodeControl & control);

    // Encodes and decodes.
    Decode run();

  private:
    Decode failed();
    void fit_window();
    bool encode();
    bool feed_start();
    bool detect_language_of_audio();
    std::vector<int> prompt_tokens() const;
    bool feed_tokens(const std::vector<int> & start, int start_count, int start_of_transcript);
    bool feed_chosen(int id, bool may_draft);
    bool read_first_token(const float * logits);
    void add_token(int id, bool is_forced);
    void read_attention(int row, Token & token) const;
    bool generate_with_fallback();
    void begin_again();
    bool generate(float temperature);
    bool generate_by_beams();
    bool cut_text(int & past_end);
    bool truncate(size_t count, const char * reason);
    double average_log_probability() const;
    void finish();

    const LoadedModel & model_;
    DecoderState & state_;
    const std::vector<float> & samples_;
    const DecodeOptions & options_;
    const DecodeControl & control_;
    TokenSampler sampler_;
    Decode result_;
    std::vector<int> forced_;
    std::vector<Token> tokens_;
    Token next_;             // the attention from which the next token is predicted
    Token first_attention_;  // `next_` at the beginning of the text
    std::vector<float> first_logits_;
    Draft draft_;
    // Tokens of the draft that were fed behind the last chosen one, and how many of them the model has chosen since.
    std::vector<int> fed_ahead_;
    size_t used_ahead_ = 0;
    // The chosen token that they were fed behind: its place among the logits, and among the tokens, of the last feed.
    int first_row_ = 0;
    int first_token_ = 0;
    double end_log_probability_ = 0;
    int64_t decode_start_ = 0;
    int audio_frames_ = 0;
    int text_position_ = 0;  // of the first generated token
};

}  // namespace sotto
