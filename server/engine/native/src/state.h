// Working memory of one running decode, and the encoder and decoder steps over it.
// Included by model.cpp after the library's source, whose internals it uses.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "ggml-impl.h"
#include "mel.h"
#include "memory.h"
#include "profile.h"
#include "watch.h"

namespace sotto {

// Weights and what is derived from them once. Shared by every state, never changed.
struct Weights {
    whisper_context * context = nullptr;  // attention written out, so that it can be read
    // The same weights with flash attention, for the encoder: a tenth faster, and no score matrix in memory.
    std::unique_ptr<whisper_context> flash;
    // And for the library's own loop, which would otherwise align times itself and gives up the process when they are
    // odd.
    std::unique_ptr<whisper_context> library;
    std::once_flag library_once;
    std::unique_ptr<MelBank> mel;
    std::vector<int> suppressed;
    int heads = 0;
    double attention_lag_ms = 0;
    bool attentive = false;  // it is known which heads follow the audio

    ~Weights() {
        if (context != nullptr) whisper_free(context);
    }
};

inline bool is_given_up(void * data) { return static_cast<const Watch *>(data)->given_up(); }

class State {
  public:
    static constexpr int KEYS_STEP = 32;
    // Fewer tokens are not worth a second thread: their steps are so short that threads mostly wait for each other, a
    // third faster on an idle machine and many times slower when another process is on a core.
    static constexpr int SHARED_TOKENS = 16;

    explicit State(Weights & weights) : weights_(weights), workspace_(*weights.flash), state_(&workspace_.state()) {
        tail_.resize(ggml_tensor_overhead() * 8);
    }
    State(const State &) = delete;
    State & operator=(const State &) = delete;

    whisper_state & raw() { return *state_; }
    int past() const { return past_; }

    void begin(int threads, const Watch & watch) {
        threads_ = threads;
        watch_ = &watch;
        for (ggml_backend_t backend : state_->backends) {
            if (ggml_backend_is_cpu(backend))
                ggml_backend_cpu_set_abort_callback(backend, is_given_up, const_cast<Watch *>(&watch));
        }
    }

    // Encodes `window` frames of 20 ms; the audio beyond its end is silence.
    bool encode(const std::vector<float> & samples, int window) {
        state_->exp_n_audio_ctx = window;
        window_ = window;
        {
            const ProfileStep step("spectrogram");
            if (!weights_.mel->spectrogram(samples, 2 * window, state_->inp_mel, *watch_)) return false;
        }
        ggml_cgraph * graph = whisper_build_graph_conv(*weights_.flash, *state_);
        if (!ggml_backend_sched_alloc_graph(state_->sched_conv.sched, graph)) return false;
        ggml_tensor * mel = ggml_graph_get_tensor(graph, "mel");
        ggml_backend_tensor_set(mel, state_->inp_mel.data(), 0, ggml_nbytes(mel));
        if (!ggml_graph_compute_helper(state_->sched_conv.sched, graph, threads_)) return false;

        graph = whisper_build_graph_encoder(*weights_.flash, *state_);
        if (!ggml_backend_sched_alloc_graph(state_->sched_encode.sched, graph)) return false;
        std::vector<int32_t> rows(window);
        for (int i = 0; i < window; i++) rows[i] = i;
        set(graph, "kv_pad_idxs", rows);
        if (!ggml_graph_compute_helper(state_->sched_encode.sched, graph, threads_)) return false;
        return prepare_attention();
    }

    // Lays the encoded audio out for a decoder whose attention can be read.
    bool prepare_attention() {
        window_ = state_->exp_n_audio_ctx;
        ggml_cgraph * graph = whisper_build_graph_cross(*weights_.context, *state_);
        if (!ggml_backend_sched_alloc_graph(state_->sched_cross.sched, graph)) return false;
        if (!ggml_graph_compute_helper(state_->sched_cross.sched, graph, threads_)) return false;
        whisper_kv_cache_clear(state_->kv_self);
        past_ = 0;
        return !watch_->given_up();
    }

    // Forgets all tokens from position `past` on.
    void rewind(int past) {
        whisper_kv_cache_seq_rm(state_->kv_self, 0, past, -1);
        past_ = past;
    }

    // Feeds tokens and keeps the logits of those at `rows`. The library computes them for every token, which for a
    // long prompt costs as much as encoding: its last step is replaced by one that picks the rows first.
    bool feed(const std::vector<int> & tokens, const std::vector<int32_t> & rows, bool keep_attention) {
        const int n = static_cast<int>(tokens.size());
        whisper_kv_cache & keys = state_->kv_self;
        whisper_batch_prep_legacy(state_->batch, tokens.data(), n, past_, 0);
        if (!whisper_kv_cache_find_slot(keys, state_->batch)) return false;
        // In steps, so that the graph is not planned anew for every token.
        const uint32_t used = static_cast<uint32_t>(whisper_kv_cache_cell_max(keys));
        keys.n = std::min(keys.size, (used + KEYS_STEP - 1) / KEYS_STEP * KEYS_STEP);

        ggml_cgraph * graph =
            whisper_build_graph_decoder(*weights_.context, *state_, state_->batch, keep_attention, false);
        ggml_tensor * logits = pick_rows(graph, static_cast<int>(rows.size()));
        if (!ggml_backend_sched_alloc_graph(state_->sched_decode.sched, graph)) return false;
        ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "embd"), tokens.data(), 0, n * sizeof(int32_t));
        set(graph, "position", std::vector<int32_t>(state_->batch.pos, state_->batch.pos + n));
        set(graph, "rows", rows);
        set_mask(ggml_graph_get_tensor(graph, "KQ_mask"), n);
        const int threads = n < SHARED_TOKENS ? 1 : threads_;
        if (!ggml_graph_compute_helper(state_->sched_decode.sched, graph, threads)) return false;

        past_ += n;
        fed_ = n;
        logits_.resize(ggml_nelements(logits));
        ggml_backend_tensor_get(logits, logits_.data(), 0, ggml_nbytes(logits));
        if (keep_attention) {
            attention_.resize(ggml_nelements(state_->aheads_cross_QKs));
            ggml_backend_tensor_get(state_->aheads_cross_QKs, attention_.data(), 0,
                                    ggml_nbytes(state_->aheads_cross_QKs));
        }
        return !watch_->given_up();
    }

    // Logits of the index-th row asked for in the last feed.
    const float * logits(int index) const {
        return logits_.data() + static_cast<size_t>(index) * weights_.context->model.hparams.n_vocab;
    }

    // Attention of one head for the row-th token fed last, over `frames` frames.
    void read_attention(int row, int head, int frames, float * out) const {
        const float * from = &attention_[static_cast<size_t>(head) * window_ * fed_ + row];
        for (int frame = 0; frame < frames; frame++) out[frame] = from[static_cast<size_t>(frame) * fed_];
    }

  private:
    static void set(ggml_cgraph * graph, const char * name, const std::vector<int32_t> & values) {
        ggml_backend_tensor_set(ggml_graph_get_tensor(graph, name), values.data(), 0, values.size() * sizeof(int32_t));
    }

    ggml_tensor * pick_rows(ggml_cgraph * graph, int rows) {
        ggml_tensor * all = ggml_graph_node(graph, -1);
        ggml_init_params params = {tail_.size(), tail_.data(), true};
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

    void set_mask(ggml_tensor * mask, int tokens) {
        const whisper_kv_cache & keys = state_->kv_self;
        std::vector<float> & values = state_->inp_mask;
        values.assign(ggml_nelements(mask), 0.0f);
        for (int token = 0; token < tokens; token++) {
            for (uint32_t i = 0; i < keys.n; i++) {
                const bool sees = keys.cells[i].pos >= 0 && keys.cells[i].pos <= state_->batch.pos[token];
                if (!sees) values[static_cast<size_t>(token) * keys.n + i] = -INFINITY;
            }
        }
        ggml_backend_tensor_set(mask, values.data(), 0, ggml_nbytes(mask));
    }

    Weights & weights_;
    Workspace workspace_;
    whisper_state * state_;
    const Watch * watch_ = nullptr;
    int threads_ = 1;
    int window_ = 0;
    int past_ = 0;
    int fed_ = 0;
    std::vector<float> logits_;
    std::vector<float> attention_;
    std::vector<uint8_t> tail_;  // meta data of the replaced last step
};

}  // namespace sotto
