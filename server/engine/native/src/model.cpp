// The decoding loop. The library's own source is part of this unit, because its encoder, decoder and window size
// are not reachable through its public header.
#include "whisper.cpp"

#include "decode.h"
#include "words.h"

namespace sotto {

namespace {

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

const char * const SYMBOLS[] = {"\"", "#", "(", ")", "*", "+", "/", ":", ";", "<", "=", ">", "@", "[", "\\", "]", "^", "_", "`", "{",
                                "|", "}", "~", "「", "」", "『", "』", "<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", "(\"",
                                "((", "))", "(((", ")))", "[[", "]]", "{{", "}}", "♪♪", "♪♪♪", "♩", "♪", "♫", "♬", "♭", "♮", "♯"};

double seconds_since(int64_t start_us) { return (ggml_time_us() - start_us) / 1000.0; }

whisper_alignment_heads_preset heads_of(const whisper_hparams & h, bool multilingual) {
    switch (h.n_text_layer) {
        case 4:
            if (h.n_text_state == 384) return multilingual ? WHISPER_AHEADS_TINY : WHISPER_AHEADS_TINY_EN;
            if (h.n_text_state == 1280) return WHISPER_AHEADS_LARGE_V3_TURBO;
            break;
        case 6:
            if (h.n_text_state == 512) return multilingual ? WHISPER_AHEADS_BASE : WHISPER_AHEADS_BASE_EN;
            break;
        case 12:
            if (h.n_text_state == 768) return multilingual ? WHISPER_AHEADS_SMALL : WHISPER_AHEADS_SMALL_EN;
            break;
        case 24:
            if (h.n_text_state == 1024) return multilingual ? WHISPER_AHEADS_MEDIUM : WHISPER_AHEADS_MEDIUM_EN;
            break;
        case 32:
            if (h.n_text_state == 1280) return h.n_mels == 128 ? WHISPER_AHEADS_LARGE_V3 : WHISPER_AHEADS_LARGE_V2;
            break;
    }
    return WHISPER_AHEADS_N_TOP_MOST;
}

bool is_spaced(const std::string & language) {
    static const char * const unspaced[] = {"zh", "ja", "th", "lo", "my", "yue", "km", "bo"};
    for (const char * code : unspaced) {
        if (language == code) return false;
    }
    return true;
}

bool aborted(void * data) { return static_cast<const std::atomic<bool> *>(data)->load(); }

// Log probabilities of one row of logits.
void log_softmax(const float * logits, int n, std::vector<float> & out) {
    out.resize(n);
    const float most = *std::max_element(logits, logits + n);
    double sum = 0;
    for (int i = 0; i < n; i++) sum += std::exp(static_cast<double>(logits[i] - most));
    const float log_sum = most + static_cast<float>(std::log(sum));
    for (int i = 0; i < n; i++) out[i] = logits[i] - log_sum;
}

}  // namespace

struct Model::Impl {
    whisper_context * context = nullptr;
    std::vector<int> suppressed;
    int heads = 0;
    std::mutex mutex;
    std::vector<whisper_state *> idle;

    ~Impl() {
        for (whisper_state * state : idle) whisper_free_state(state);
        if (context != nullptr) whisper_free(context);
    }

    whisper_state * take() {
        {
            const std::lock_guard<std::mutex> lock(mutex);
            if (!idle.empty()) {
                whisper_state * state = idle.back();
                idle.pop_back();
                return state;
            }
        }
        return whisper_init_state(context);
    }

    void give(whisper_state * state) {
        const std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(state);
    }
};

namespace {

// One run over one state. Splits the work so that each step is readable; lives for one decode only.
class Run {
  public:
    Run(whisper_context & context, whisper_state & state, const std::vector<int> & suppressed, int heads,
        const std::vector<float> & samples, const DecodeOptions & options, const std::atomic<bool> & abort)
        : context_(context), state_(state), suppressed_(suppressed), heads_(heads), samples_(samples), options_(options),
          abort_(abort), vocabulary_(context.vocab) {}

    Decode go() {
        for (ggml_backend_t backend : state_.backends) {
            if (ggml_backend_is_cpu(backend)) {
                ggml_backend_cpu_set_abort_callback(backend, aborted, const_cast<std::atomic<bool> *>(&abort_));
            }
        }
        const bool done = encode() && begin() && generate();
        if (!done) {
            out_.stop = "aborted";
            if (!abort_.load()) out_.error = "the decoder failed";
            return out_;
        }
        finish();
        return out_;
    }

  private:
    bool encode() {
        const int64_t start = ggml_time_us();
        const int frames = static_cast<int>((samples_.size() + SAMPLES_PER_FRAME - 1) / SAMPLES_PER_FRAME);
        const int full = context_.model.hparams.n_audio_ctx;
        int window = std::max(options_.window_floor, frames + WINDOW_MARGIN);
        window = std::min(full, (window + WINDOW_STEP - 1) / WINDOW_STEP * WINDOW_STEP);
        audio_frames_ = std::min(frames, window);
        state_.exp_n_audio_ctx = window;
        out_.window_frames = window;
        whisper_kv_cache_clear(state_.kv_self);
        if (whisper_pcm_to_mel_with_state(&context_, &state_, samples_.data(), static_cast<int>(samples_.size()), options_.threads) != 0) return false;
        const bool ok = whisper_encode_internal(context_, state_, 0, options_.threads, aborted, const_cast<std::atomic<bool> *>(&abort_));
        out_.encode_ms = seconds_since(start);
        return ok;
    }

    // Feeds tokens; logits are kept for those marked.
    bool feed(const std::vector<whisper_token> & tokens, int logits_from) {
        const int n = static_cast<int>(tokens.size());
        whisper_batch_prep_legacy(state_.batch, tokens.data(), n, past_, 0);
        for (int i = 0; i < n; i++) state_.batch.logits[i] = i >= logits_from ? 1 : 0;
        const bool ok = whisper_decode_internal(context_, state_, state_.batch, options_.threads, options_.word_times, aborted, const_cast<std::atomic<bool> *>(&abort_));
        past_ += n;
        if (ok && options_.word_times) {
            attention_.resize(ggml_nelements(state_.aheads_cross_QKs));
            ggml_backend_tensor_get(state_.aheads_cross_QKs, attention_.data(), 0, attention_.size() * sizeof(float));
        }
        fed_ = n;
        return ok;
    }

    const float * logits(int row) const { return state_.logits.data() + static_cast<size_t>(row) * context_.model.hparams.n_vocab; }

    // Attention [head][frame] of the row-th token fed last.
    std::vector<float> attention(int row) const {
        if (!options_.word_times) return {};
        const int window = out_.window_frames;
        std::vector<float> rows(static_cast<size_t>(heads_) * window);
        for (int head = 0; head < heads_; head++) {
            for (int frame = 0; frame < window; frame++) {
                rows[static_cast<size_t>(head) * window + frame] = attention_[(static_cast<size_t>(head) * window + frame) * fed_ + row];
            }
        }
        return rows;
    }

    // Prompt, start of text, language and task: everything before the first word.
    bool begin() {
        decode_start_ = ggml_time_us();
        std::vector<whisper_token> tokens;
        const int text_max = context_.model.hparams.n_text_ctx;
        if (!options_.prompt.empty()) {
            std::vector<whisper_vocab::id> prompt = tokenize(vocabulary_, " " + options_.prompt);
            const size_t most = static_cast<size_t>(text_max / 2 - 1);
            const size_t from = prompt.size() > most ? prompt.size() - most : 0;
            tokens.push_back(vocabulary_.token_prev);
            tokens.insert(tokens.end(), prompt.begin() + static_cast<long>(from), prompt.end());
        }
        tokens.push_back(vocabulary_.token_sot);
        if (!feed(tokens, static_cast<int>(tokens.size()) - 1)) return false;
        const float * row = logits(fed_ - 1);
        std::vector<float> log_probabilities;
        log_softmax(row, context_.model.hparams.n_vocab, log_probabilities);
        out_.no_speech = std::exp(log_probabilities[vocabulary_.token_nosp]);

        std::vector<whisper_token> head;
        out_.language = "en";
        if (vocabulary_.is_multilingual()) {
            choose_language(row);
            head.push_back(whisper_token_lang(&context_, whisper_lang_id(out_.language.c_str())));
            head.push_back(options_.translate ? vocabulary_.token_translate : vocabulary_.token_transcribe);
        }
        head.push_back(vocabulary_.token_not);
        const size_t forced_from = head.size();
        if (!options_.prefix.empty()) {
            for (const whisper_vocab::id id : tokenize(vocabulary_, " " + options_.prefix)) head.push_back(id);
        }
        if (past_ + static_cast<int>(head.size()) >= text_max - 8) head.resize(forced_from);
        if (!feed(head, static_cast<int>(forced_from) - 1)) return false;
        for (size_t i = forced_from; i < head.size(); i++) {
            log_softmax(logits(static_cast<int>(i) - 1), context_.model.hparams.n_vocab, log_probabilities);
            Token token;
            token.id = head[i];
            token.text = vocabulary_.id_to_token.at(head[i]);
            token.log_probability = log_probabilities[head[i]];
            token.forced = true;
            token.attention = attention(static_cast<int>(i) - 1);
            tokens_.push_back(std::move(token));
        }
        return true;
    }

    void choose_language(const float * row) {
        std::vector<std::string> candidates = options_.languages;
        if (options_.language != "auto") candidates = {options_.language};
        if (candidates.empty()) {
            for (int id = 0; id < vocabulary_.num_languages(); id++) candidates.push_back(whisper_lang_str(id));
        }
        std::vector<std::pair<double, std::string>> scored;
        for (const std::string & code : candidates) {
            const int id = whisper_lang_id(code.c_str());
            if (id >= 0) scored.emplace_back(row[whisper_token_lang(&context_, id)], code);
        }
        if (scored.empty()) scored.emplace_back(0.0, "en");
        std::sort(scored.rbegin(), scored.rend());
        double sum = 0;
        for (const auto & [score, code] : scored) sum += std::exp(score - scored[0].first);
        for (size_t i = 0; i < std::min<size_t>(scored.size(), options_.languages.empty() ? 5 : scored.size()); i++) {
            out_.language_probabilities[scored[i].second] = std::exp(scored[i].first - scored[0].first) / sum;
        }
        out_.language = scored[0].second;
        out_.language_probability = 1 / sum;
    }

    // The most probable token that may stand here.
    int pick(const float * row, std::vector<float> & log_probabilities) {
        std::vector<float> allowed(row, row + context_.model.hparams.n_vocab);
        for (const int id : suppressed_) allowed[id] = -INFINITY;
        if (tokens_.empty()) {
            const auto blank = vocabulary_.token_to_id.find(" ");
            if (blank != vocabulary_.token_to_id.end()) allowed[blank->second] = -INFINITY;
        }
        log_softmax(allowed.data(), context_.model.hparams.n_vocab, log_probabilities);
        return static_cast<int>(std::max_element(log_probabilities.begin(), log_probabilities.end()) - log_probabilities.begin());
    }

    bool generate() {
        const double seconds = samples_.size() / 16000.0;
        const int budget = BUDGET_TOKENS + static_cast<int>(seconds * BUDGET_TOKENS_PER_SECOND);
        const int text_max = context_.model.hparams.n_text_ctx;
        std::vector<float> log_probabilities;
        int beyond = 0;
        for (int made = 0;; made++) {
            const int row = fed_ - 1;
            const int id = pick(logits(row), log_probabilities);
            end_attention_ = attention(row);
            end_log_probability_ = log_probabilities[id];
            if (id == vocabulary_.token_eot) return true;
            if (made >= budget || past_ + 1 >= text_max) {
                out_.stop = "budget";
                return true;
            }
            Token token;
            token.id = id;
            token.text = vocabulary_.id_to_token.at(id);
            token.log_probability = log_probabilities[id];
            token.attention = end_attention_;
            tokens_.push_back(std::move(token));
            beyond = is_beyond(tokens_.back()) ? beyond + 1 : 0;
            if (beyond >= EDGE_TOKENS) {
                tokens_.resize(tokens_.size() - EDGE_TOKENS);
                out_.stop = "edge";
                return true;
            }
            const size_t keep = without_repeat(tokens_);
            if (keep < tokens_.size()) {
                tokens_.resize(keep);
                out_.stop = "repeat";
                return true;
            }
            if (!feed({id}, 0)) return false;
        }
    }

    // Whether the model looks behind the end of the audio while it writes this token.
    bool is_beyond(const Token & token) const {
        if (!options_.word_times || audio_frames_ + EDGE_FRAMES >= out_.window_frames) return false;
        const int window = out_.window_frames;
        double inside = 0, outside = 0;
        for (int head = 0; head < heads_; head++) {
            const float * row = &token.attention[static_cast<size_t>(head) * window];
            for (int frame = 0; frame < window; frame++) (frame < audio_frames_ + EDGE_FRAMES ? inside : outside) += row[frame];
        }
        return outside > 2 * inside;
    }

    void finish() {
        out_.tokens = static_cast<int>(tokens_.size());
        double sum = out_.stop[0] == 'e' && out_.stop[1] == 'n' ? end_log_probability_ : 0;
        int count = sum == 0 ? 0 : 1;
        for (const Token & token : tokens_) {
            sum += token.log_probability;
            count++;
        }
        out_.average_log_probability = count == 0 ? 0 : sum / count;
        std::vector<int> starts;
        if (options_.word_times && !tokens_.empty()) {
            Token end;
            end.attention = end_attention_;
            tokens_.push_back(std::move(end));
            starts = align(tokens_, heads_, out_.window_frames, audio_frames_);
            tokens_.pop_back();
        }
        out_.words = join_words(tokens_, starts, is_spaced(options_.translate ? "en" : out_.language), samples_);
        out_.decode_ms = seconds_since(decode_start_);
    }

    whisper_context & context_;
    whisper_state & state_;
    const std::vector<int> & suppressed_;
    const int heads_;
    const std::vector<float> & samples_;
    const DecodeOptions & options_;
    const std::atomic<bool> & abort_;
    const whisper_vocab & vocabulary_;
    Decode out_;
    std::vector<Token> tokens_;
    std::vector<float> attention_;
    std::vector<float> end_attention_;
    double end_log_probability_ = 0;
    int64_t decode_start_ = 0;
    int audio_frames_ = 0;
    int past_ = 0;
    int fed_ = 0;
};

std::vector<int> suppressed_tokens(const whisper_vocab & vocabulary) {
    std::vector<int> ids;
    for (const char * symbol : SYMBOLS) {
        for (const std::string & text : {std::string(symbol), " " + std::string(symbol)}) {
            const auto found = vocabulary.token_to_id.find(text);
            if (found != vocabulary.token_to_id.end()) ids.push_back(found->second);
        }
    }
    // A dash or an apostrophe inside a word is speech; one that stands alone is a subtitler's habit.
    for (const char * text : {" -", " '"}) {
        const auto found = vocabulary.token_to_id.find(text);
        if (found != vocabulary.token_to_id.end()) ids.push_back(found->second);
    }
    for (int id = vocabulary.token_eot + 1; id < vocabulary.n_vocab; id++) ids.push_back(id);
    return ids;
}

}  // namespace

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;

std::shared_ptr<Model> Model::load(const std::string & path) {
    whisper_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    whisper_context_params params = whisper_context_default_params();
    params.use_gpu = false;
    params.flash_attn = false;
    params.dtw_token_timestamps = true;
    // The layout of the file decides which heads align, so look before loading.
    std::ifstream file(path, std::ios::binary);
    int32_t header[12] = {0};
    file.read(reinterpret_cast<char *>(header), sizeof(header));
    if (!file) throw std::runtime_error("the file is too short");
    whisper_hparams hparams;
    hparams.n_text_state = header[7];
    hparams.n_text_layer = header[9];
    hparams.n_mels = header[10];
    hparams.n_vocab = header[1];
    params.dtw_aheads_preset = heads_of(hparams, hparams.n_vocab >= 51865);
    params.dtw_n_top = std::max(1, hparams.n_text_layer / 2);

    auto impl = std::make_unique<Impl>();
    impl->context = whisper_init_from_file_with_params_no_state(path.c_str(), params);
    if (impl->context == nullptr) throw std::runtime_error("the library could not load it");
    const whisper_hparams & h = impl->context->model.hparams;
    impl->suppressed = suppressed_tokens(impl->context->vocab);
    for (int layer = 0; layer < h.n_text_layer; layer++) {
        impl->heads += static_cast<int>(get_alignment_heads_by_layer(impl->context->params, layer, h.n_text_layer, h.n_text_head).size());
    }
    std::shared_ptr<Model> model(new Model(std::move(impl)));
    model->info_.type = whisper_model_type_readable(model->impl_->context);
    model->info_.multilingual = model->impl_->context->vocab.is_multilingual();
    model->info_.vocabulary = h.n_vocab;
    model->info_.audio_frames = h.n_audio_ctx;
    model->info_.text_tokens = h.n_text_ctx;
    model->info_.mel_bands = h.n_mels;
    return model;
}

Decode Model::decode(const std::vector<float> & samples, const DecodeOptions & options, const std::atomic<bool> & abort) {
    whisper_state * state = impl_->take();
    if (state == nullptr) {
        Decode failed;
        failed.stop = "aborted";
        failed.error = "no memory for another decode";
        return failed;
    }
    Decode decode;
    try {
        decode = Run(*impl_->context, *state, impl_->suppressed, impl_->heads, samples, options, abort).go();
    } catch (const std::exception & problem) {
        decode.stop = "aborted";
        decode.error = problem.what();
    }
    impl_->give(state);
    return decode;
}

}  // namespace sotto
