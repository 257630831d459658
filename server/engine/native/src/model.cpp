// Loads weights and keeps the states that decode over them. The library's own source is part of this unit, because
// its encoder, its decoder and the size of its window are not reachable through its public header.
#include "ggml.h"

// The library pads keys and values to 256 rows for the sake of graphics cards and lets attention see the padding.
// A window of 300 frames would attend to 212 rows of nothing, or of an earlier decode.
#undef GGML_PAD
#define GGML_PAD(rows, multiple) ((rows) + 0 * (multiple))
#include "whisper.cpp"

#include <mutex>

#include "decode.h"
#include "library-loop.h"
#include "loop.h"
#include "profile.h"

namespace sotto {

struct Model::Impl {
    Weights weights;
    std::mutex mutex;
    std::vector<std::unique_ptr<State>> idle;

    std::unique_ptr<State> take() {
        {
            const std::lock_guard<std::mutex> lock(mutex);
            if (!idle.empty()) {
                std::unique_ptr<State> state = std::move(idle.back());
                idle.pop_back();
                return state;
            }
        }
        return std::make_unique<State>(weights);
    }

    void give(std::unique_ptr<State> state) {
        const std::lock_guard<std::mutex> lock(mutex);
        idle.push_back(std::move(state));
    }
};

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;

namespace {

// The layout of the file decides which heads align, so it is looked at before loading.
whisper_context_params load_params(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    int32_t header[12] = {0};
    file.read(reinterpret_cast<char *>(header), sizeof(header));
    if (!file) throw std::runtime_error("the file is too short");
    const int vocabulary = header[1];
    const int width = header[7];
    const int heads = header[8];
    const int layers = header[9];
    const int bands = header[10];
    whisper_context_params params = whisper_context_default_params();
    params.use_gpu = false;
    params.flash_attn = false;
    params.dtw_token_timestamps = true;
    params.dtw_aheads_preset = alignment_heads(layers, width, heads, bands, vocabulary >= 51865);
    params.dtw_n_top = std::max(1, layers / 2);
    return params;
}

ModelInfo describe(whisper_context & context) {
    const whisper_hparams & h = context.model.hparams;
    ModelInfo info;
    info.type = whisper_model_type_readable(&context);
    info.multilingual = context.vocab.is_multilingual();
    info.vocabulary = h.n_vocab;
    info.audio_frames = h.n_audio_ctx;
    info.text_tokens = h.n_text_ctx;
    info.mel_bands = h.n_mels;
    for (ggml_backend_buffer_t buffer : context.model.buffers)
        info.bytes += static_cast<double>(ggml_backend_buffer_get_size(buffer));
    return info;
}

}  // namespace

std::shared_ptr<Model> Model::load(const std::string & path) {
    whisper_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    auto impl = std::make_unique<Impl>();
    Weights & weights = impl->weights;
    weights.context = whisper_init_from_file_with_params_no_state(path.c_str(), load_params(path));
    if (weights.context == nullptr) throw std::runtime_error("the library could not load it");
    whisper_context & context = *weights.context;
    const whisper_hparams & h = context.model.hparams;
    const whisper_filters & filters = context.model.filters;
    if (h.n_mels != filters.n_mel) throw std::runtime_error("its filter bank does not fit its encoder");
    weights.flash = std::make_unique<whisper_context>(context);
    weights.flash->params.flash_attn = true;
    weights.mel = std::make_unique<MelBank>(filters.data, filters.n_mel, filters.n_fft);
    weights.suppressed = suppressed_tokens(context.vocab);
    weights.attention_lag_ms = attention_lag_ms(context.params.dtw_aheads_preset);
    weights.attentive = context.params.dtw_aheads_preset != WHISPER_AHEADS_N_TOP_MOST;
    for (int layer = 0; layer < h.n_text_layer; layer++) {
        weights.heads +=
            static_cast<int>(get_alignment_heads_by_layer(context.params, layer, h.n_text_layer, h.n_text_head).size());
    }
    // What has no room for one decode is found out now, not when somebody speaks.
    impl->give(std::make_unique<State>(weights));
    std::shared_ptr<Model> model(new Model(std::move(impl)));
    model->info_ = describe(context);
    return model;
}

Decode Model::decode(const std::vector<float> & samples, const DecodeOptions & options, const Watch & watch) {
    const ProfileStep whole("whole decode");
    Decode decode;
    try {
        std::unique_ptr<State> state = impl_->take();
        if (options.whisper_loop) decode = library_decode(impl_->weights, *state, samples, options, watch);
        else decode = Run(impl_->weights, *state, samples, options, watch).go();
        impl_->give(std::move(state));
    } catch (const std::exception & problem) {
        decode.stop = "aborted";
        decode.error = problem.what();
    }
    return decode;
}

}  // namespace sotto
