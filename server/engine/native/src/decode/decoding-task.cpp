#include "decoding-task.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "alignment.h"
#include "beam-search.h"
#include "diagnostics/profile.h"
#include "language.h"
#include "repetition.h"
#include "tokenizer.h"
#include "words.h"

namespace sotto {

namespace {

constexpr int SAMPLES_PER_FRAME = 320;
// Spare frames behind the audio, so that the model sees that it has ended.
constexpr int WINDOW_MARGIN = 24;
// Window sizes are rounded up, so that buffers are seldom planned anew.
constexpr int WINDOW_STEP = 32;
constexpr int BUDGET_TOKENS = 6;
constexpr double BUDGET_TOKENS_PER_SECOND = 7;
// Tokens in a row whose attention lies behind the end of the audio before the text is cut there.
constexpr int EDGE_TOKENS = 4;
constexpr int EDGE_FRAMES = 12;
// A result below this is tried again at the next temperature, as published with Whisper.
constexpr double LOG_PROBABILITY_MIN = -1.0;

int64_t microseconds() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

double milliseconds_since(int64_t start_us) { return static_cast<double>(microseconds() - start_us) / 1000.0; }

}  // namespace

std::string last_bytes(const std::string & text, size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    size_t from = text.size() - bytes_max;
    while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) from++;
    return text.substr(from);
}

int token_budget(const std::vector<float> & samples) {
    return BUDGET_TOKENS + static_cast<int>(static_cast<double>(samples.size()) / 16000.0 * BUDGET_TOKENS_PER_SECOND);
}

DecodingTask::DecodingTask(const LoadedModel & model, DecoderState & state, const std::vector<float> & samples,
                           const DecodeOptions & options, const DecodeControl & control)
    : model_(model), state_(state), samples_(samples), options_(options), control_(control),
      sampler_(model, options.timestamps) {}

Decode DecodingTask::run() {
    state_.begin(options_.threads, control_);
    if (!encode() || !feed_start() || !generate_with_fallback()) return failed();
    finish();
    return result_;
}

Decode DecodingTask::failed() {
    result_.stop = "aborted";
    if (!control_.is_aborted() && !result_.failure) result_.failure = {failure_code::DECODE, "the decoder failed"};
    return result_;
}

void DecodingTask::fit_window() {
    const int frames = static_cast<int>((samples_.size() + SAMPLES_PER_FRAME - 1) / SAMPLES_PER_FRAME);
    const int wanted = std::max(options_.window_floor, frames + WINDOW_MARGIN);
    result_.window_frames =
        std::min(model_.dimensions.audio_frames, (wanted + WINDOW_STEP - 1) / WINDOW_STEP * WINDOW_STEP);
    audio_frames_ = std::max(1, std::min(frames, result_.window_frames));
}

bool DecodingTask::encode() {
    const ProfileStep step("whole encoding");
    const int64_t start = microseconds();
    fit_window();
    const bool ok = state_.encode(samples_, result_.window_frames);
    result_.encode_ms = milliseconds_since(start);
    return ok;
}

std::vector<int> DecodingTask::prompt_tokens() const {
    if (options_.prompt.empty()) return {};
    // Behind a prompt in another language, the model translates into that one.
    const bool is_foreign = !result_.language.empty() && result_.language != options_.prompt_language;
    if (is_foreign && !options_.prompt_language.empty()) return {};
    const Tokenizer tokenizer(model_.file.token_ids, model_.special.end_of_text);
    const std::vector<int> prompt = tokenizer.tokens(" " + last_bytes(options_.prompt, PROMPT_BYTES_MAX));
    const size_t count = std::min(static_cast<size_t>(model_.dimensions.text_tokens / 2 - 1), prompt.size());
    std::vector<int> tokens = {model_.special.previous_text};
    tokens.insert(tokens.end(), prompt.end() - static_cast<long>(count), prompt.end());
    return tokens;
}

// Feeds everything before the first free token: prompt, start of transcript, language and task, forced prefix.
bool DecodingTask::feed_start() {
    const bool is_multilingual = model_.dimensions.is_multilingual();
    decode_start_ = microseconds();
    const bool is_detecting = is_multilingual && options_.language == "auto" && result_.language.empty();
    if (is_detecting && !detect_language_of_audio()) return false;
    std::vector<int> tokens = prompt_tokens();
    // Without a prompt, the detection has fed the start of transcript already.
    const bool is_fed = is_detecting && tokens.empty();
    if (is_detecting && !is_fed) state_.rewind(0);
    if (!is_fed) tokens.push_back(model_.special.start_of_transcript);
    const int start_of_transcript = static_cast<int>(tokens.size()) - 1;
    if (result_.language.empty()) result_.language = is_multilingual ? options_.language : "en";
    if (is_multilingual) {
        tokens.push_back(language_token(result_.language, model_.special));
        tokens.push_back(options_.translate ? model_.special.translate : model_.special.transcribe);
    }
    if (!options_.timestamps) tokens.push_back(model_.special.no_timestamps);
    if (forced_.empty() && !options_.prefix.empty()) {
        const Tokenizer tokenizer(model_.file.token_ids, model_.special.end_of_text);
        forced_ = tokenizer.tokens(" " + last_bytes(options_.prefix, PROMPT_BYTES_MAX));
    }
    const int start_count = static_cast<int>(tokens.size());
    // A prefix or a draft that leaves no room to go on is ignored.
    const int room = model_.dimensions.text_tokens - BUDGET_TOKENS - state_.position() - start_count;
    if (static_cast<int>(forced_.size()) >= room) forced_.clear();
    if (options_.temperatures[0] == 0 && !options_.draft.empty()) {
        const Tokenizer tokenizer(model_.file.token_ids, model_.special.end_of_text);
        std::vector<int> draft = tokenizer.tokens(" " + last_bytes(options_.draft, PROMPT_BYTES_MAX));
        if (static_cast<int>(draft.size()) < room) draft_ = Draft(std::move(draft));
        // It holds the prefix, too.
        for (const int id : forced_) draft_.follow(id);
    }
    tokens.insert(tokens.end(), forced_.begin(), forced_.end());
    return feed_tokens(tokens, start_count, start_of_transcript);
}

// Detects the language behind the start of transcript alone: behind a prompt, it is that of the prompt.
bool DecodingTask::detect_language_of_audio() {
    return state_.feed({model_.special.start_of_transcript}, {0}, false) && read_first_token(state_.logits(0));
}

// Feeds the start, the forced tokens and the first of the draft behind it. `start_of_transcript` is its index, or -1
// when its logits are known.
bool DecodingTask::feed_tokens(const std::vector<int> & start, int start_count, int start_of_transcript) {
    std::vector<int> tokens = start;
    const std::vector<int> ahead = forced_.empty() ? draft_.next() : std::vector<int>();
    tokens.insert(tokens.end(), ahead.begin(), ahead.end());
    std::vector<int> rows;
    // English with time stamps and without a prompt has no other start: the text begins behind that token, too.
    if (start_of_transcript >= 0 && start_of_transcript < start_count - 1) rows.push_back(start_of_transcript);
    first_row_ = static_cast<int>(rows.size());
    for (int row = start_count - 1; row < static_cast<int>(tokens.size()); row++) rows.push_back(row);
    if (!state_.feed(tokens, rows, options_.word_times)) return false;
    if (start_of_transcript >= 0 && !read_first_token(state_.logits(0))) return false;
    for (size_t i = 0; i < forced_.size(); i++) {
        sampler_.compute_log_probabilities(state_.logits(first_row_ + static_cast<int>(i)));
        read_attention(start_count - 1 + static_cast<int>(i), next_);
        add_token(forced_[i], true);
    }
    // The last token of the start, or the last forced one, is what the text begins behind.
    first_row_ += static_cast<int>(forced_.size());
    first_token_ = static_cast<int>(start.size()) - 1;
    const float * const last = state_.logits(first_row_);
    first_logits_.assign(last, last + model_.dimensions.vocabulary);
    read_attention(first_token_, next_);
    first_attention_ = next_;
    fed_ahead_ = ahead;
    used_ahead_ = 0;
    text_position_ = state_.position() - static_cast<int>(ahead.size());
    return true;
}

// Makes the logits and the attention behind a chosen token known: they are, when the draft foresaw it.
bool DecodingTask::feed_chosen(int id, bool may_draft) {
    draft_.follow(id);
    if (used_ahead_ < fed_ahead_.size() && fed_ahead_[used_ahead_] == id) {
        used_ahead_++;
    } else {
        state_.rewind(text_position_ + static_cast<int>(tokens_.size() - forced_.size()) - 1);
        std::vector<int> tokens = {id};
        fed_ahead_ = may_draft ? draft_.next() : std::vector<int>();
        const int room = model_.dimensions.text_tokens - state_.position() - 1;
        if (static_cast<int>(fed_ahead_.size()) > room) fed_ahead_.resize(std::max(0, room));
        tokens.insert(tokens.end(), fed_ahead_.begin(), fed_ahead_.end());
        std::vector<int> rows(tokens.size());
        std::iota(rows.begin(), rows.end(), 0);
        if (!state_.feed(tokens, rows, options_.word_times)) return false;
        used_ahead_ = 0;
        first_row_ = first_token_ = 0;
    }
    read_attention(first_token_ + static_cast<int>(used_ahead_), next_);
    return true;
}

// Reads from the logits behind the start of transcript whether there is speech, and in which language.
bool DecodingTask::read_first_token(const float * logits) {
    sampler_.compute_log_probabilities(logits);
    const float no_speech = sampler_.log_probability(model_.special.no_speech);
    if (!std::isfinite(no_speech)) {
        result_.failure = {failure_code::CORRUPT, "its weights compute no numbers"};
        return false;
    }
    result_.no_speech = std::exp(no_speech);
    // Behind a prompt, the logits are read once more, for the probability of speech.
    if (!model_.dimensions.is_multilingual() || options_.language != "auto" || !result_.language.empty()) return true;
    const DetectedLanguage detected = detect_language(logits, options_.languages, model_.special);
    result_.language = detected.code;
    result_.language_probability = detected.probability;
    result_.language_probabilities = detected.probabilities;
    return true;
}

void DecodingTask::add_token(int id, bool is_forced) {
    Token token;
    token.id = id;
    token.is_forced = is_forced;
    token.is_timestamp = id >= model_.special.first_timestamp;
    token.text = token.is_timestamp ? "" : model_.file.token_texts[id];
    token.log_probability = sampler_.log_probability(id);
    token.attention = next_.attention;
    token.is_past_end = next_.is_past_end;
    token.centre = next_.centre;
    tokens_.push_back(std::move(token));
}

// Reads the attention of the row-th token fed last, from which the token behind it is predicted.
void DecodingTask::read_attention(int row, Token & token) const {
    if (!options_.word_times) return;
    const int window = result_.window_frames;
    const int inside = std::min(window, audio_frames_ + EDGE_FRAMES);
    const int heads = model_.alignment_head_count();
    token.attention.resize(static_cast<size_t>(heads) * audio_frames_);
    double within = 0;
    double behind = 0;
    double moment = 0;
    for (int head = 0; head < heads; head++) {
        const float * const all = state_.attention(row, head);
        std::copy(all, all + audio_frames_, token.attention.begin() + static_cast<long>(head) * audio_frames_);
        for (int frame = 0; frame < inside; frame++) {
            within += all[frame];
            moment += all[frame] * frame;
        }
        for (int frame = inside; frame < window; frame++) behind += all[frame];
    }
    token.centre = within > 0 ? moment / within : 0;
    token.is_past_end = behind > 2 * within;
}

// Generates at each temperature in turn, until a result is good enough.
bool DecodingTask::generate_with_fallback() {
    for (size_t i = 0; i < options_.temperatures.size(); i++) {
        const float temperature = options_.temperatures[i];
        if (i > 0) begin_again();
        result_.temperature = temperature;
        if (!(options_.beam_size > 1 && temperature == 0 ? generate_by_beams() : generate(temperature))) return false;
        result_.average_log_probability = average_log_probability();
        // "end" and "edge" are good, "repeat" and "budget" are not.
        if (result_.average_log_probability > LOG_PROBABILITY_MIN && result_.stop[0] == 'e') break;
    }
    return true;
}

void DecodingTask::begin_again() {
    tokens_.resize(forced_.size());
    next_ = first_attention_;
    state_.rewind(text_position_);
    fed_ahead_.clear();
    used_ahead_ = 0;
}

bool DecodingTask::generate(float temperature) {
    const int budget = token_budget(samples_);
    int past_end = 0;
    result_.stop = "end";
    const float * logits = first_logits_.data();
    for (int made = 0;; made++) {
        const int id = sampler_.sample(logits, tokens_, temperature);
        end_log_probability_ = sampler_.log_probability(id);
        if (id == model_.special.end_of_text) return true;
        if (made >= budget || text_position_ + made + 1 >= model_.dimensions.text_tokens) {
            result_.stop = "budget";
            return true;
        }
        add_token(id, false);
        if (cut_text(past_end)) return true;
        if (!feed_chosen(id, temperature == 0)) return false;
        logits = state_.logits(first_row_ + static_cast<int>(used_ahead_));
    }
}

// The best text of a beam search, fed once more for its probabilities and attention, as far as it says what was spoken:
// a text that repeats itself has the best mean probability where the audio ends in mid-sentence.
bool DecodingTask::generate_by_beams() {
    state_.rewind(text_position_);
    BeamResult found;
    const int beams = std::min(options_.beam_size, BEAMS_MAX);
    if (!search_beams(model_, state_, sampler_, first_logits_, beams, token_budget(samples_), found)) return false;
    result_.stop = found.is_whole ? "end" : "budget";
    const float * logits = first_logits_.data();
    draft_ = Draft(found.tokens);
    fed_ahead_.clear();
    used_ahead_ = 0;
    int past_end = 0;
    for (const int id : found.tokens) {
        sampler_.sample(logits, tokens_, 0);
        add_token(id, false);
        if (cut_text(past_end)) return true;
        if (!feed_chosen(id, true)) return false;
        logits = state_.logits(first_row_ + static_cast<int>(used_ahead_));
    }
    sampler_.sample(logits, tokens_, 0);
    end_log_probability_ = sampler_.log_probability(model_.special.end_of_text);
    return true;
}

// Whether the text had to be cut at its last tokens, because it goes on behind the audio or repeats itself. `past_end`
// counts the last ones whose attention lies behind the audio.
bool DecodingTask::cut_text(int & past_end) {
    const Token & last = tokens_.back();
    past_end = last.is_past_end ? past_end + 1 : 0;
    if (past_end >= EDGE_TOKENS) return truncate(tokens_.size() - EDGE_TOKENS, "edge");
    if (last.is_timestamp && last.id - model_.special.first_timestamp >= audio_frames_)
        return truncate(tokens_.size(), "edge");
    const bool has_attention = model_.alignment.is_published && options_.word_times;
    const size_t length = length_without_repetition(tokens_, has_attention, audio_frames_);
    return length < tokens_.size() && truncate(length, "repeat");
}

bool DecodingTask::truncate(size_t count, const char * reason) {
    if (count < tokens_.size()) next_.attention = tokens_[count].attention;
    tokens_.resize(count);
    result_.stop = reason;
    return true;
}

// Over the tokens that the model chose itself, its end included.
double DecodingTask::average_log_probability() const {
    double sum = 0;
    int count = 0;
    if (std::string(result_.stop) == "end") {
        sum = end_log_probability_;
        count = 1;
    }
    for (const Token & token : tokens_) {
        if (token.is_forced) continue;
        sum += token.log_probability;
        count++;
    }
    return count == 0 ? 0 : sum / count;
}

void DecodingTask::finish() {
    const auto is_timestamp = [](const Token & token) { return token.is_timestamp; };
    tokens_.erase(std::remove_if(tokens_.begin(), tokens_.end(), is_timestamp), tokens_.end());
    result_.tokens = static_cast<int>(tokens_.size());
    std::vector<double> starts;
    if (options_.word_times && !tokens_.empty()) {
        tokens_.push_back(next_);
        const ProfileStep step("word times");
        starts = align_tokens(tokens_, model_.alignment_head_count(), audio_frames_);
        tokens_.pop_back();
        for (size_t i = 0; i < tokens_.size(); i++) starts[i] = std::max(0.0, starts[i] - model_.alignment.lag_ms);
    }
    result_.words = join_words(tokens_, starts, has_spaces(options_.translate ? "en" : result_.language), samples_);
    result_.decode_ms += milliseconds_since(decode_start_);
}

}  // namespace sotto
