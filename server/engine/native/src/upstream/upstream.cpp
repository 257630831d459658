// whisper.cpp as part of this unit: its encoder, its decoder and the size of its window are not reachable through its
// public header.
#include "ggml.h"

// The library pads keys and values to 256 rows for the sake of graphics cards and lets attention see the padding. A
// window of 300 frames would attend to 212 rows of nothing, or of an earlier decode.
#undef GGML_PAD
#define GGML_PAD(rows, multiple) ((rows) + 0 * (multiple))
#include "whisper.cpp"

#include "ggml-impl.h"
#include "mapped-memory.h"
#include "upstream.h"

#include <mutex>
#include <new>
#include <stdexcept>

namespace sotto::upstream {

static_assert(BEAMS_MAX == WHISPER_MAX_DECODERS, "the library's most beams have changed");

// The library decides by a context how attention is computed, so the same weights have several.
struct WhisperModel::Contexts {
    // For the decoder: attention is written out, so that it can be read. Owns the weights.
    whisper_context * decoder = nullptr;
    // For the encoder, with flash attention: a tenth faster, and no score matrix in memory.
    std::unique_ptr<whisper_context> encoder;
    // For the library's own loop, which would otherwise align word times itself and ends the process when they are odd.
    std::unique_ptr<whisper_context> loop;
    std::once_flag loop_once;

    ~Contexts() {
        if (decoder != nullptr) whisper_free(decoder);
    }

    whisper_context & loop_context() {
        std::call_once(loop_once, [this] {
            loop = std::make_unique<whisper_context>(*encoder);
            loop->params.dtw_token_timestamps = false;
        });
        return *loop;
    }
};

WhisperModel::WhisperModel(const std::string & path, const AlignmentHeads & heads)
    : contexts_(std::make_unique<Contexts>()) {
    whisper_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    whisper_context_params params = whisper_context_default_params();
    params.use_gpu = false;
    params.flash_attn = false;
    params.dtw_token_timestamps = true;
    params.dtw_aheads_preset = heads.preset;
    params.dtw_n_top = heads.top_layers;
    contexts_->decoder = whisper_init_from_file_with_params_no_state(path.c_str(), params);
    if (contexts_->decoder == nullptr) throw std::runtime_error("the library could not load it");
    const whisper_model & model = contexts_->decoder->model;
    if (model.hparams.n_mels != model.filters.n_mel)
        throw std::runtime_error("its filter bank does not fit its encoder");
    contexts_->encoder = std::make_unique<whisper_context>(*contexts_->decoder);
    contexts_->encoder->params.flash_attn = true;
}

WhisperModel::~WhisperModel() = default;

ModelInfo WhisperModel::info() const {
    whisper_context & context = *contexts_->decoder;
    const whisper_hparams & h = context.model.hparams;
    ModelInfo info;
    info.type = whisper_model_type_readable(&context);
    info.is_multilingual = context.vocab.is_multilingual();
    info.vocabulary_size = h.n_vocab;
    info.language_count = context.vocab.num_languages();
    info.audio_frames = h.n_audio_ctx;
    info.text_tokens = h.n_text_ctx;
    info.mel_bands = h.n_mels;
    for (ggml_backend_buffer_t buffer : context.model.buffers)
        info.bytes += static_cast<double>(ggml_backend_buffer_get_size(buffer));
    return info;
}

SpecialTokens WhisperModel::special_tokens() const {
    const whisper_vocab & v = contexts_->decoder->vocab;
    return {v.token_eot,  v.token_sot,  v.token_translate, v.token_transcribe,
            v.token_prev, v.token_nosp, v.token_not,       v.token_beg};
}

MelFilters WhisperModel::mel_filters() const {
    const whisper_filters & filters = contexts_->decoder->model.filters;
    return {filters.data, filters.n_mel, filters.n_fft};
}

const std::map<std::string, int> & WhisperModel::token_ids() const { return contexts_->decoder->vocab.token_to_id; }

const std::string & WhisperModel::token_text(int id) const { return contexts_->decoder->vocab.id_to_token.at(id); }

int WhisperModel::alignment_head_count() const {
    const whisper_context & context = *contexts_->decoder;
    const whisper_hparams & h = context.model.hparams;
    size_t count = 0;
    for (int layer = 0; layer < h.n_text_layer; layer++)
        count += get_alignment_heads_by_layer(context.params, layer, h.n_text_layer, h.n_text_head).size();
    return static_cast<int>(count);
}

// A library state that costs what a decode really uses. The library's own is made for the longest window: all of its
// caches are written on allocation and its buffers are planned for 30 s and a full text. Here the caches lie on pages
// that exist once they are written to, and the buffers grow with the graphs that run.
struct WhisperState::Buffers {
    explicit Buffers(whisper_context & context) : state(new whisper_state) {
        try {
            allocate(context);
        } catch (...) {
            release();
            throw;
        }
    }
    ~Buffers() { release(); }
    Buffers(const Buffers &) = delete;
    Buffers & operator=(const Buffers &) = delete;

    // Gives the last step of a decoder graph the rows that are asked for. The library computes logits for every token,
    // which for a long prompt costs as much as encoding.
    ggml_tensor * select_rows(ggml_cgraph * graph, int rows) {
        ggml_tensor * all = ggml_graph_node(graph, -1);
        ggml_init_params params = {last_step.size(), last_step.data(), true};
        ggml_context * context = ggml_init(params);
        ggml_tensor * index = ggml_new_tensor_1d(context, GGML_TYPE_I32, rows);
        ggml_set_name(index, "rows");
        ggml_set_input(index);
        ggml_tensor * logits = ggml_mul_mat(context, all->src[0], ggml_get_rows(context, all->src[1], index));
        graph->n_nodes--;
        ggml_build_forward_expand(graph, logits);
        ggml_free(context);
        return logits;
    }

    // Minus infinity for each cached token that a fed one must not attend to.
    void set_mask(ggml_tensor * mask, int tokens) {
        const whisper_kv_cache & cache = state->kv_self;
        std::vector<float> & values = state->inp_mask;
        values.assign(ggml_nelements(mask), 0.0f);
        for (int token = 0; token < tokens; token++) {
            for (uint32_t i = 0; i < cache.n; i++) {
                const bool is_visible = cache.cells[i].pos >= 0 && cache.cells[i].pos <= state->batch.pos[token];
                if (!is_visible) values[static_cast<size_t>(token) * cache.n + i] = -INFINITY;
            }
        }
        ggml_backend_tensor_set(mask, values.data(), 0, ggml_nbytes(mask));
    }

    whisper_state * state;

  private:
    static constexpr int TENSORS_PER_LAYER = 128;
    static constexpr size_t PAGE = 16'384;

    void allocate(whisper_context & context) {
        const whisper_hparams & h = context.model.hparams;
        last_step.resize(ggml_tensor_overhead() * 8);
        state->backends = whisper_backend_init(context.params);
        state->kv_self_n_dec = 1;
        map_cache(state->kv_self, context.itype, static_cast<int64_t>(h.n_text_state) * h.n_text_layer, h.n_text_ctx);
        map_cache(state->kv_cross, context.itype, static_cast<int64_t>(h.n_text_state) * h.n_text_layer, h.n_audio_ctx);
        map_cache(state->kv_pad, context.itype, h.n_audio_state, h.n_audio_ctx);
        if (!aheads_masks_init(context.params, h, state->aheads_masks, state->backends[0])) throw std::bad_alloc();
        state->batch = whisper_batch_init(h.n_text_ctx, WHISPER_MAX_DECODERS);
        state->decoders[0].rng = std::mt19937(0);
        // Convolution, encoder, cross attention and decoder run one after the other, and each reads at most what the
        // one before has left: two buffers in turn are enough.
        plan(state->sched_conv, h.n_text_layer, true);
        plan(state->sched_encode, h.n_audio_layer, true);
        plan(state->sched_cross, h.n_text_layer, false);
        plan(state->sched_decode, h.n_text_layer, false);
        state->sched_cross.sched = state->sched_decode.sched = state->sched_conv.sched;
    }

    void map_cache(whisper_kv_cache & cache, ggml_type type, int64_t width, int rows) {
        cache.head = 0;
        cache.size = rows;
        cache.cells.resize(rows);
        cache.ctx_buf.resize(2 * ggml_tensor_overhead());
        ggml_context * context = ggml_init({cache.ctx_buf.size(), cache.ctx_buf.data(), true});
        cache.k = ggml_new_tensor_1d(context, type, width * rows);
        cache.v = ggml_new_tensor_1d(context, type, width * rows);
        ggml_free(context);
        const size_t half = (ggml_nbytes(cache.k) + PAGE - 1) / PAGE * PAGE;
        caches.push_back(std::make_unique<MappedMemory>(2 * half));
        char * data = caches.back()->data();
        cache.buffer = ggml_backend_cpu_buffer_from_ptr(data, 2 * half);
        ggml_backend_tensor_alloc(cache.buffer, cache.k, data);
        ggml_backend_tensor_alloc(cache.buffer, cache.v, data + half);
    }

    void plan(whisper_sched & plan, int layers, bool has_buffer) {
        const size_t tensors = std::min<size_t>(WHISPER_MAX_NODES, static_cast<size_t>(layers + 1) * TENSORS_PER_LAYER);
        plan.meta.resize(ggml_tensor_overhead() * tensors + ggml_graph_overhead_custom(WHISPER_MAX_NODES, false));
        if (!has_buffer) return;
        plan.sched = ggml_backend_sched_new(state->backends.data(), nullptr, static_cast<int>(state->backends.size()),
                                            tensors, false, true);
        if (plan.sched == nullptr) throw std::bad_alloc();
    }

    void release() {
        state->sched_cross.sched = state->sched_decode.sched = nullptr;
        whisper_free_state(state);
    }

    std::vector<std::unique_ptr<MappedMemory>> caches;
    std::vector<uint8_t> last_step;  // meta data of the replaced last step
};

static void set_integers(ggml_cgraph * graph, const char * name, const std::vector<int32_t> & values) {
    ggml_backend_tensor_set(ggml_graph_get_tensor(graph, name), values.data(), 0, values.size() * sizeof(int32_t));
}

WhisperState::WhisperState(const WhisperModel & model)
    : model_(model), buffers_(std::make_unique<Buffers>(*model.contexts_->encoder)) {}

WhisperState::~WhisperState() = default;

void WhisperState::set_abort_callback(AbortCallback callback, void * data) {
    for (ggml_backend_t backend : buffers_->state->backends) {
        if (ggml_backend_is_cpu(backend)) ggml_backend_cpu_set_abort_callback(backend, callback, data);
    }
}

std::vector<float> & WhisperState::mel() const { return buffers_->state->inp_mel; }

int WhisperState::window() const { return buffers_->state->exp_n_audio_ctx; }

bool WhisperState::encode(int window, int threads) {
    whisper_state & state = *buffers_->state;
    whisper_context & context = *model_.contexts_->encoder;
    state.exp_n_audio_ctx = window;
    ggml_cgraph * graph = whisper_build_graph_conv(context, state);
    if (!ggml_backend_sched_alloc_graph(state.sched_conv.sched, graph)) return false;
    ggml_tensor * mel = ggml_graph_get_tensor(graph, "mel");
    ggml_backend_tensor_set(mel, state.inp_mel.data(), 0, ggml_nbytes(mel));
    if (!ggml_graph_compute_helper(state.sched_conv.sched, graph, threads)) return false;

    graph = whisper_build_graph_encoder(context, state);
    if (!ggml_backend_sched_alloc_graph(state.sched_encode.sched, graph)) return false;
    std::vector<int32_t> rows(window);
    for (int i = 0; i < window; i++) rows[i] = i;
    set_integers(graph, "kv_pad_idxs", rows);
    return ggml_graph_compute_helper(state.sched_encode.sched, graph, threads);
}

bool WhisperState::prepare_decoder(int threads) {
    whisper_state & state = *buffers_->state;
    ggml_cgraph * graph = whisper_build_graph_cross(*model_.contexts_->decoder, state);
    if (!ggml_backend_sched_alloc_graph(state.sched_cross.sched, graph)) return false;
    if (!ggml_graph_compute_helper(state.sched_cross.sched, graph, threads)) return false;
    whisper_kv_cache_clear(state.kv_self);
    return true;
}

void WhisperState::truncate(int position) { whisper_kv_cache_seq_rm(buffers_->state->kv_self, 0, position, -1); }

bool WhisperState::decode(const std::vector<int> & tokens, int position, const std::vector<int32_t> & rows,
                          bool with_attention, int threads, DecoderOutput & out) {
    // The cache is read in steps of so many tokens, so that the graph is not planned anew for each.
    constexpr uint32_t CACHE_STEP = 32;
    whisper_state & state = *buffers_->state;
    whisper_kv_cache & cache = state.kv_self;
    const int n = static_cast<int>(tokens.size());
    whisper_batch_prep_legacy(state.batch, tokens.data(), n, position, 0);
    if (!whisper_kv_cache_find_slot(cache, state.batch)) return false;
    const uint32_t used = static_cast<uint32_t>(whisper_kv_cache_cell_max(cache));
    cache.n = std::min(cache.size, (used + CACHE_STEP - 1) / CACHE_STEP * CACHE_STEP);

    ggml_cgraph * graph =
        whisper_build_graph_decoder(*model_.contexts_->decoder, state, state.batch, with_attention, false);
    ggml_tensor * logits = buffers_->select_rows(graph, static_cast<int>(rows.size()));
    if (!ggml_backend_sched_alloc_graph(state.sched_decode.sched, graph)) return false;
    ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "embd"), tokens.data(), 0, n * sizeof(int32_t));
    set_integers(graph, "position", std::vector<int32_t>(state.batch.pos, state.batch.pos + n));
    set_integers(graph, "rows", rows);
    buffers_->set_mask(ggml_graph_get_tensor(graph, "KQ_mask"), n);
    if (!ggml_graph_compute_helper(state.sched_decode.sched, graph, threads)) return false;

    out.logits.resize(ggml_nelements(logits));
    ggml_backend_tensor_get(logits, out.logits.data(), 0, ggml_nbytes(logits));
    if (with_attention) {
        out.attention.resize(ggml_nelements(state.aheads_cross_QKs));
        ggml_backend_tensor_get(state.aheads_cross_QKs, out.attention.data(), 0, ggml_nbytes(state.aheads_cross_QKs));
    }
    return true;
}

bool WhisperState::run_library_loop(const whisper_full_params & params, const std::vector<float> & samples,
                                    std::vector<int> & tokens) {
    whisper_state & state = *buffers_->state;
    whisper_context & context = model_.contexts_->loop_context();
    if (whisper_full_with_state(&context, &state, params, samples.data(), static_cast<int>(samples.size())) != 0)
        return false;
    tokens.clear();
    for (const whisper_segment & segment : state.result_all) {
        for (const whisper_token_data & token : segment.tokens) {
            if (token.id < context.vocab.token_eot) tokens.push_back(token.id);
        }
    }
    return true;
}

}  // namespace sotto::upstream
