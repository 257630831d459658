// The decoding loop: one run over one state. Greedy, and unwilling to write what the audio does not hold.
// Included by model.cpp after the library's source, whose internals it uses.
#pragma once

#include <cmath>
#include <random>

#include "decode.h"
#include "profile.h"
#include "state.h"
#include "times.h"
#include "tokenizer.h"
#include "vec.h"
#include "vocabulary.h"
#include "words.h"

namespace sotto {

constexpr int SAMPLES_PER_FRAME = 320;
// Spare frames behind the audio: the model wants to hear that it ended.
constexpr int WINDOW_MARGIN = 24;
// Window sizes are rounded up, so that buffers are seldom planned anew.
constexpr int WINDOW_STEP = 32;
constexpr int BUDGET_TOKENS = 6;
constexpr double BUDGET_TOKENS_PER_SECOND = 7;
// Tokens in a row whose attention lies behind the end of the audio before the text is cut there.
constexpr int EDGE_TOKENS = 4;
constexpr int EDGE_FRAMES = 12;
// A result below this is tried again at the next temperature, as published with Whisper.
constexpr double TRUSTED_LOG_PROBABILITY = -1.0;
// More of a prompt than this is never used; it bounds the work of cutting it into tokens.
constexpr size_t PROMPT_BYTES_MAX = 4'000;
constexpr int FIRST_MARK_FRAMES_MAX = 50;

inline double milliseconds_since(int64_t start_us) { return (ggml_time_us() - start_us) / 1000.0; }

// Last bytes of a text, not beginning inside a character.
inline std::string tail_of(const std::string & text, size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    size_t from = text.size() - bytes_max;
    while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) from++;
    return text.substr(from);
}

// Sixteen at a time, which the compiler turns into wide instructions; one after the other took as long as a layer.
inline float largest(const float * values, int count) {
    constexpr int LANES = 16;
    float lanes[LANES];
    std::fill(lanes, lanes + LANES, -INFINITY);
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int lane = 0; lane < LANES; lane++)
            lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
    }
    for (; i < count; i++) lanes[0] = std::max(lanes[0], values[i]);
    return *std::max_element(lanes, lanes + LANES);
}

// More than anybody says in so long.
inline int token_budget(const std::vector<float> & samples) {
    return BUDGET_TOKENS + static_cast<int>(static_cast<double>(samples.size()) / 16000.0 * BUDGET_TOKENS_PER_SECOND);
}

class Run {
  public:
    Run(Weights & weights, State & state, const std::vector<float> & samples, const DecodeOptions & options,
        const Watch & watch)
        : weights_(weights), state_(state), samples_(samples), options_(options), watch_(watch),
          vocabulary_(weights.context->vocab), vocabulary_size_(weights.context->model.hparams.n_vocab),
          text_max_(weights.context->model.hparams.n_text_ctx) {}

    Decode go() {
        state_.begin(options_.threads, watch_);
        if (!encode() || !begin() || !generate_trusted()) return failed();
        finish();
        return out_;
    }

    // Words and times for tokens that another loop over the same encoded audio has found.
    Decode explain(const std::vector<int> & found, const Decode & so_far) {
        out_ = so_far;
        forced_ = found;
        measure_window();
        if (!state_.prepare_attention() || !begin()) return failed();
        finish();
        return out_;
    }

    int window_frames() {
        measure_window();
        return out_.window_frames;
    }

    // Encodes and looks at the first token only: no speech, and which language.
    bool listen() {
        state_.begin(options_.threads, watch_);
        return encode() && begin();
    }

    const Decode & heard() const { return out_; }

  private:
    Decode failed() {
        out_.stop = "aborted";
        if (!watch_.given_up() && out_.error.empty()) out_.error = "the decoder failed";
        return out_;
    }

    void measure_window() {
        const int frames = static_cast<int>((samples_.size() + SAMPLES_PER_FRAME - 1) / SAMPLES_PER_FRAME);
        const int full = weights_.context->model.hparams.n_audio_ctx;
        const int wanted = std::max(options_.window_floor, frames + WINDOW_MARGIN);
        out_.window_frames = std::min(full, (wanted + WINDOW_STEP - 1) / WINDOW_STEP * WINDOW_STEP);
        audio_frames_ = std::max(1, std::min(frames, out_.window_frames));
    }

    bool encode() {
        const ProfileStep step("whole encoding");
        const int64_t start = ggml_time_us();
        measure_window();
        const bool ok = state_.encode(samples_, out_.window_frames);
        out_.encode_ms = milliseconds_since(start);
        return ok;
    }

    // Prompt, start of text, language and task, forced prefix: everything before the first free token.
    bool begin() {
        decode_start_ = ggml_time_us();
        const Tokenizer tokenizer(vocabulary_.token_to_id, vocabulary_.token_eot);
        std::vector<int> tokens;
        if (!options_.prompt.empty()) {
            const std::vector<int> prompt = tokenizer.tokens(" " + tail_of(options_.prompt, PROMPT_BYTES_MAX));
            const size_t most = static_cast<size_t>(text_max_ / 2 - 1);
            tokens.push_back(vocabulary_.token_prev);
            tokens.insert(tokens.end(), prompt.end() - static_cast<long>(std::min(most, prompt.size())), prompt.end());
        }
        tokens.push_back(vocabulary_.token_sot);
        const int sot = static_cast<int>(tokens.size()) - 1;
        if (vocabulary_.is_multilingual() && options_.language == "auto" && out_.language.empty()) {
            if (!state_.feed(tokens, {sot}, false)) return false;
            if (!hear(state_.logits(0))) return false;
            tokens.clear();
        }
        const bool heard = !out_.language.empty();
        if (!heard) out_.language = vocabulary_.is_multilingual() ? options_.language : "en";
        if (vocabulary_.is_multilingual()) {
            const int language = whisper_lang_id(out_.language.c_str());
            tokens.push_back(whisper_token_lang(weights_.context, language < 0 ? 0 : language));
            tokens.push_back(options_.translate ? vocabulary_.token_translate : vocabulary_.token_transcribe);
        }
        if (!options_.timestamps) tokens.push_back(vocabulary_.token_not);
        if (forced_.empty() && !options_.prefix.empty())
            forced_ = tokenizer.tokens(" " + tail_of(options_.prefix, PROMPT_BYTES_MAX));
        const int head = static_cast<int>(tokens.size());
        // A prefix that leaves no room to go on is none.
        if (state_.past() + head + static_cast<int>(forced_.size()) >= text_max_ - BUDGET_TOKENS) forced_.clear();
        tokens.insert(tokens.end(), forced_.begin(), forced_.end());
        return feed_head(tokens, head, heard ? -1 : sot);
    }

    // Feeds the head; rows asked for: the first token's (no speech), the forced tokens', and the last.
    bool feed_head(const std::vector<int> & tokens, int head, int sot) {
        std::vector<int32_t> rows;
        if (sot >= 0) rows.push_back(sot);
        const int first = static_cast<int>(rows.size());
        for (int row = head - 1; row < static_cast<int>(tokens.size()); row++) rows.push_back(row);
        if (!state_.feed(tokens, rows, options_.word_times)) return false;
        if (sot >= 0 && !hear(state_.logits(0))) return false;
        for (size_t i = 0; i < forced_.size(); i++) {
            log_probabilities(state_.logits(first + static_cast<int>(i)));
            add_token(forced_[i], true, head - 1 + static_cast<int>(i));
        }
        const float * last = state_.logits(static_cast<int>(rows.size()) - 1);
        first_logits_.assign(last, last + vocabulary_size_);
        keep_end_attention(static_cast<int>(tokens.size()) - 1);
        base_ = state_.past();
        return true;
    }

    // What the first token says: whether there is speech, and in which language.
    bool hear(const float * logits) {
        log_probabilities(logits);
        if (!std::isfinite(scores_[vocabulary_.token_nosp])) {
            out_.error = "its weights compute no numbers";
            return false;
        }
        out_.no_speech = std::exp(scores_[vocabulary_.token_nosp]);
        if (vocabulary_.is_multilingual() && options_.language == "auto") choose_language(logits);
        return true;
    }

    void choose_language(const float * logits) {
        std::vector<std::pair<double, std::string>> scored;
        const auto score = [&](const std::string & code) {
            const int id = whisper_lang_id(code.c_str());
            if (id >= 0 && id < vocabulary_.num_languages())
                scored.emplace_back(logits[whisper_token_lang(weights_.context, id)], code);
        };
        for (const std::string & code : options_.languages) score(code);
        const bool chosen = !scored.empty();
        if (!chosen) {
            for (int id = 0; id < std::min<int>(vocabulary_.num_languages(), g_lang.size()); id++)
                score(whisper_lang_str(id));
        }
        std::sort(scored.rbegin(), scored.rend());
        double sum = 0;
        for (const auto & [value, code] : scored) sum += std::exp(value - scored[0].first);
        const size_t shown = chosen ? scored.size() : std::min<size_t>(scored.size(), 5);
        for (size_t i = 0; i < shown; i++) {
            out_.language_probabilities[scored[i].second] = std::exp(scored[i].first - scored[0].first) / sum;
        }
        out_.language = scored[0].second;
        out_.language_probability = 1 / sum;
    }

    // Natural log probabilities of one row of logits, into `scores_`.
    void log_probabilities(const float * logits) {
        scores_.resize(vocabulary_size_);
        const float most = largest(logits, vocabulary_size_);
        const float log_sum =
            most + static_cast<float>(std::log(ggml_vec_soft_max_f32(vocabulary_size_, scores_.data(), logits, most)));
        for (int i = 0; i < vocabulary_size_; i++) scores_[i] = logits[i] - log_sum;
    }

    void add_token(int id, bool forced, int row) {
        Token token;
        token.id = id;
        token.forced = forced;
        token.mark = id >= vocabulary_.token_beg;
        token.text = token.mark ? "" : vocabulary_.id_to_token.at(id);
        token.log_probability = scores_[id];
        if (row >= 0) read_attention(row, token);
        else {
            token.attention = end_.attention;
            token.beyond = end_.beyond;
            token.centre = end_.centre;
        }
        tokens_.push_back(std::move(token));
    }

    void keep_end_attention(int row) { read_attention(row, end_); }

    void read_attention(int row, Token & token) const {
        if (!options_.word_times) return;
        const int window = out_.window_frames;
        const int inside = std::min(window, audio_frames_ + EDGE_FRAMES);
        std::vector<float> all(window);
        token.attention.resize(static_cast<size_t>(weights_.heads) * audio_frames_);
        double within = 0;
        double behind = 0;
        double moment = 0;
        for (int head = 0; head < weights_.heads; head++) {
            state_.read_attention(row, head, window, all.data());
            std::copy(all.begin(), all.begin() + audio_frames_,
                      token.attention.begin() + static_cast<long>(head) * audio_frames_);
            for (int frame = 0; frame < inside; frame++) {
                within += all[frame];
                moment += all[frame] * frame;
            }
            for (int frame = inside; frame < window; frame++) behind += all[frame];
        }
        token.centre = within > 0 ? moment / within : 0;
        // Whether the model looks behind the end of the audio while it writes this token.
        token.beyond = behind > 2 * within;
    }

    bool generate_trusted() {
        for (size_t i = 0; i < options_.temperatures.size(); i++) {
            if (i > 0) start_over();
            out_.temperature = options_.temperatures[i];
            if (!generate(options_.temperatures[i])) return false;
            out_.average_log_probability = average();
            const bool last = i + 1 == options_.temperatures.size();
            if (last || (out_.average_log_probability > TRUSTED_LOG_PROBABILITY && out_.stop[0] == 'e')) break;
        }
        return true;
    }

    void start_over() {
        tokens_.resize(forced_.size());
        state_.rewind(base_);
    }

    bool generate(float temperature) {
        const int budget = token_budget(samples_);
        int beyond = 0;
        out_.stop = "end";
        for (int made = 0;; made++) {
            const int id = pick(made == 0 ? first_logits_.data() : state_.logits(0), temperature);
            end_log_probability_ = scores_[id];
            if (id == vocabulary_.token_eot) return true;
            if (made >= budget || state_.past() + 1 >= text_max_) {
                out_.stop = "budget";
                return true;
            }
            add_token(id, false, -1);
            beyond = tokens_.back().beyond ? beyond + 1 : 0;
            if (beyond >= EDGE_TOKENS) return cut(tokens_.size() - EDGE_TOKENS, "edge");
            if (tokens_.back().mark && id - vocabulary_.token_beg >= audio_frames_) return cut(tokens_.size(), "edge");
            const size_t keep = without_repeat(tokens_, weights_.attentive && options_.word_times, audio_frames_);
            if (keep < tokens_.size()) return cut(keep, "repeat");
            if (!state_.feed({id}, {0}, options_.word_times)) return false;
            keep_end_attention(0);
        }
    }

    bool cut(size_t keep, const char * why) {
        if (keep < tokens_.size()) end_.attention = tokens_[keep].attention;
        tokens_.resize(keep);
        out_.stop = why;
        return true;
    }

    // The most probable token that may stand here, or at a temperature a random one by its probability.
    int pick(const float * logits, float temperature) {
        const ProfileStep step("choice of the token");
        allowed_.assign(logits, logits + vocabulary_size_);
        for (const int id : weights_.suppressed) allowed_[id] = -INFINITY;
        if (tokens_.empty()) {
            const auto blank = vocabulary_.token_to_id.find(" ");
            if (blank != vocabulary_.token_to_id.end()) allowed_[blank->second] = -INFINITY;
        }
        allow_marks();
        log_probabilities(allowed_.data());
        if (options_.timestamps && marks_outweigh())
            std::fill(scores_.begin(), scores_.begin() + vocabulary_.token_beg, -INFINITY);
        if (temperature <= 0) {
            const auto best = std::find(scores_.begin(), scores_.end(), largest(scores_.data(), vocabulary_size_));
            return best == scores_.end() ? vocabulary_.token_eot : static_cast<int>(best - scores_.begin());
        }
        double at = std::uniform_real_distribution<double>(0, 1)(random_);
        std::vector<double> weights(vocabulary_size_);
        double sum = 0;
        for (int i = 0; i < vocabulary_size_; i++)
            sum += weights[i] = std::exp(static_cast<double>(scores_[i]) / temperature);
        for (int i = 0; i < vocabulary_size_; i++) {
            at -= weights[i] / sum;
            if (at <= 0) return i;
        }
        return vocabulary_.token_eot;
    }

    // Marks are the model's own times: in pairs, never backwards, the first one early. Rules as published with Whisper.
    void allow_marks() {
        const auto forbid = [this](int from, int to) {
            std::fill(allowed_.begin() + from, allowed_.begin() + std::max(from, to), -INFINITY);
        };
        const int marks = vocabulary_.token_beg;
        if (!options_.timestamps) return forbid(marks, vocabulary_size_);
        const size_t n = tokens_.size();
        int least = marks;
        for (const Token & token : tokens_) {
            if (token.mark) least = std::max(least, token.id);
        }
        forbid(marks, std::min(least, vocabulary_size_));
        if (n == 0) {
            forbid(0, marks);
            return forbid(std::min(marks + FIRST_MARK_FRAMES_MAX + 1, vocabulary_size_), vocabulary_size_);
        }
        const bool last = tokens_[n - 1].mark;
        const bool before = n < 2 || tokens_[n - 2].mark;
        if (last && before) forbid(marks, vocabulary_size_);
        else if (last) forbid(0, vocabulary_.token_eot);
    }

    bool marks_outweigh() const {
        double sum = 0;
        for (int id = vocabulary_.token_beg; id < vocabulary_size_; id++) sum += std::exp(scores_[id]);
        return std::log(sum) > *std::max_element(scores_.begin(), scores_.begin() + vocabulary_.token_beg);
    }

    // Over the tokens the model chose itself, its end included.
    double average() const {
        double sum = 0;
        int count = 0;
        if (std::string(out_.stop) == "end") {
            sum = end_log_probability_;
            count = 1;
        }
        for (const Token & token : tokens_) {
            if (token.forced) continue;
            sum += token.log_probability;
            count++;
        }
        return count == 0 ? 0 : sum / count;
    }

    void finish() {
        tokens_.erase(std::remove_if(tokens_.begin(), tokens_.end(), [](const Token & token) { return token.mark; }),
                      tokens_.end());
        out_.tokens = static_cast<int>(tokens_.size());
        std::vector<double> starts;
        if (options_.word_times && !tokens_.empty()) {
            tokens_.push_back(end_);
            const ProfileStep step("word times");
            starts = align(tokens_, weights_.heads, audio_frames_);
            tokens_.pop_back();
            for (size_t i = 0; i < tokens_.size(); i++)
                starts[i] = std::max(0.0, starts[i] - weights_.attention_lag_ms);
        }
        out_.words = join_words(tokens_, starts, is_spaced(options_.translate ? "en" : out_.language), samples_);
        out_.decode_ms += milliseconds_since(decode_start_);
    }

    Weights & weights_;
    State & state_;
    const std::vector<float> & samples_;
    const DecodeOptions & options_;
    const Watch & watch_;
    const whisper_vocab & vocabulary_;
    const int vocabulary_size_;
    const int text_max_;
    Decode out_;
    std::vector<int> forced_;
    std::vector<Token> tokens_;
    Token end_;  // attention where the next token is to come
    std::vector<float> first_logits_;
    std::vector<float> allowed_;
    std::vector<float> scores_;
    std::mt19937 random_{0};  // the same audio gives the same words
    double end_log_probability_ = 0;
    int64_t decode_start_ = 0;
    int audio_frames_ = 0;
    int base_ = 0;
};

}  // namespace sotto
