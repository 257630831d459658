#include "model.h"

#include <mutex>
#include <stdexcept>

#include "decoder-state.h"
#include "decoding-task.h"
#include "diagnostics/profile.h"
#include "language.h"
#include "loaded-model.h"
#include "tokenizer.h"

namespace sotto {

namespace {

std::string name_size(const ModelDimensions & dimensions) {
    switch (dimensions.audio_layers) {
    case 4:
        return "tiny";
    case 6:
        return "base";
    case 12:
        return "small";
    case 24:
        return "medium";
    case 32:
        return "large";
    default:
        return "unknown";
    }
}

}  // namespace

struct Model::Impl {
    LoadedModel model;
    std::mutex mutex;
    std::vector<std::unique_ptr<DecoderState>> idle;

    explicit Impl(const std::string & path) : model(path) {}

    std::unique_ptr<DecoderState> take_state() {
        {
            const std::lock_guard<std::mutex> lock(mutex);
            if (!idle.empty()) {
                std::unique_ptr<DecoderState> state = std::move(idle.back());
                idle.pop_back();
                return state;
            }
        }
        return std::make_unique<DecoderState>(model);
    }

    void return_state(std::unique_ptr<DecoderState> state) {
        const std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(std::move(state));
    }
};

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;

std::shared_ptr<Model> Model::load(const std::string & path) {
    auto impl = std::make_unique<Impl>(path);
    // A machine without memory for one decode is found out now, not when somebody speaks.
    impl->return_state(std::make_unique<DecoderState>(impl->model));
    return std::shared_ptr<Model>(new Model(std::move(impl)));
}

ModelInfo Model::info() const {
    const LoadedModel & model = impl_->model;
    const ModelDimensions & d = model.dimensions;
    return {name_size(d),
            d.is_multilingual(),
            d.vocabulary,
            d.audio_frames,
            d.text_tokens,
            d.mel_bands,
            static_cast<double>(model.weights.bytes())};
}

Decode Model::decode(const std::vector<float> & samples, const DecodeOptions & options, const DecodeControl & control) {
    const ProfileStep whole("whole decode");
    Decode decode;
    try {
        std::unique_ptr<DecoderState> state = impl_->take_state();
        decode = DecodingTask(impl_->model, *state, samples, options, control).run();
        impl_->return_state(std::move(state));
    } catch (const std::bad_alloc &) {
        decode.failure = Failure::out_of_memory();
    } catch (const std::exception & problem) {
        decode.failure = {failure_code::DECODE, problem.what()};
    }
    return decode;
}

std::vector<float> Model::compute_logits(const std::vector<float> & samples, int window,
                                         const std::vector<int> & tokens, int first, bool one_by_one) {
    if (window < 1 || window > impl_->model.dimensions.audio_frames)
        throw std::runtime_error("there is no such window");
    if (first < 0 || first >= static_cast<int>(tokens.size()) ||
        static_cast<int>(tokens.size()) > impl_->model.dimensions.text_tokens)
        throw std::runtime_error("there are no such tokens");
    const DecodeControl control;
    DecoderState state(impl_->model);
    state.begin(1, control);
    std::vector<float> logits;
    const auto feed = [&](const std::vector<int> & fed, const std::vector<int> & rows) {
        if (!state.feed(fed, rows, true)) throw std::runtime_error("the decoder failed");
        for (size_t i = 0; i < rows.size(); i++) {
            const float * const row = state.logits(static_cast<int>(i));
            logits.insert(logits.end(), row, row + impl_->model.dimensions.vocabulary);
        }
    };
    if (!state.encode(samples, window)) throw std::runtime_error("the encoder failed");
    const auto middle = tokens.begin() + first + 1;
    if (!one_by_one) {
        std::vector<int> rows;
        for (int row = first; row < static_cast<int>(tokens.size()); row++) rows.push_back(row);
        feed(tokens, rows);
        return logits;
    }
    feed({tokens.begin(), middle}, {first});
    for (auto token = middle; token != tokens.end(); token++) feed({*token}, {0});
    return logits;
}

std::vector<int> Model::tokenize(const std::string & text) const {
    return Tokenizer(impl_->model.file.token_ids, impl_->model.special.end_of_text).tokens(text);
}

std::vector<int> Model::transcript_start() const {
    const SpecialTokens & special = impl_->model.special;
    if (!impl_->model.dimensions.is_multilingual()) return {special.start_of_transcript, special.no_timestamps};
    return {special.start_of_transcript, language_token("en", special), special.transcribe, special.no_timestamps};
}

}  // namespace sotto
