// What one decode computes in. The library's own state is made for the longest window: all of its caches are written
// on allocation and its buffers are planned for 30 s and a full text. This one costs what a decode really uses.
// Included by model.cpp after the library's source, whose internals it uses.
#pragma once

#include <sys/mman.h>

#include <new>
#include <stdexcept>

#include "ggml-backend.h"

namespace sotto {

// Zeroed memory of which only the pages that are written to exist.
class Pages {
  public:
    explicit Pages(size_t bytes)
        : bytes_(bytes), data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (data_ == MAP_FAILED) throw std::bad_alloc();
    }
    ~Pages() { munmap(data_, bytes_); }
    Pages(const Pages &) = delete;
    Pages & operator=(const Pages &) = delete;

    char * data() const { return static_cast<char *>(data_); }

  private:
    size_t bytes_;
    void * data_;
};

// A library state whose caches lie on pages and whose compute buffers grow with the graphs that run.
class Workspace {
  public:
    explicit Workspace(whisper_context & context) : state_(new whisper_state) {
        try {
            allocate(context);
        } catch (...) {
            release();
            throw;
        }
    }
    ~Workspace() { release(); }
    Workspace(const Workspace &) = delete;
    Workspace & operator=(const Workspace &) = delete;

    whisper_state & state() const { return *state_; }

  private:
    static constexpr int TENSORS_PER_LAYER = 128;
    static constexpr size_t PAGE = 16'384;

    void allocate(whisper_context & context) {
        whisper_state & state = *state_;
        const whisper_hparams & h = context.model.hparams;
        state.backends = whisper_backend_init(context.params);
        state.kv_self_n_dec = 1;
        spread(state.kv_self, context.itype, static_cast<int64_t>(h.n_text_state) * h.n_text_layer, h.n_text_ctx);
        spread(state.kv_cross, context.itype, static_cast<int64_t>(h.n_text_state) * h.n_text_layer, h.n_audio_ctx);
        spread(state.kv_pad, context.itype, h.n_audio_state, h.n_audio_ctx);
        if (!aheads_masks_init(context.params, h, state.aheads_masks, state.backends[0])) throw std::bad_alloc();
        state.batch = whisper_batch_init(h.n_text_ctx, WHISPER_MAX_DECODERS);
        state.decoders[0].rng = std::mt19937(0);
        // Convolution, encoder, cross attention and decoder run one after the other, and each reads at most what the
        // one before has left: two buffers in turn are enough.
        plan(state.sched_conv, h.n_text_layer, true);
        plan(state.sched_encode, h.n_audio_layer, true);
        plan(state.sched_cross, h.n_text_layer, false);
        plan(state.sched_decode, h.n_text_layer, false);
        state.sched_cross.sched = state.sched_decode.sched = state.sched_conv.sched;
    }

    void spread(whisper_kv_cache & cache, ggml_type type, int64_t width, int rows) {
        cache.head = 0;
        cache.size = rows;
        cache.cells.resize(rows);
        cache.ctx_buf.resize(2 * ggml_tensor_overhead());
        ggml_context * context = ggml_init({cache.ctx_buf.size(), cache.ctx_buf.data(), true});
        cache.k = ggml_new_tensor_1d(context, type, width * rows);
        cache.v = ggml_new_tensor_1d(context, type, width * rows);
        ggml_free(context);
        const size_t half = (ggml_nbytes(cache.k) + PAGE - 1) / PAGE * PAGE;
        pages_.push_back(std::make_unique<Pages>(2 * half));
        char * data = pages_.back()->data();
        cache.buffer = ggml_backend_cpu_buffer_from_ptr(data, 2 * half);
        ggml_backend_tensor_alloc(cache.buffer, cache.k, data);
        ggml_backend_tensor_alloc(cache.buffer, cache.v, data + half);
    }

    void plan(whisper_sched & plan, int layers, bool owner) {
        const size_t tensors = std::min<size_t>(WHISPER_MAX_NODES, static_cast<size_t>(layers + 1) * TENSORS_PER_LAYER);
        plan.meta.resize(ggml_tensor_overhead() * tensors + ggml_graph_overhead_custom(WHISPER_MAX_NODES, false));
        if (!owner) return;
        plan.sched = ggml_backend_sched_new(state_->backends.data(), nullptr, static_cast<int>(state_->backends.size()),
                                            tensors, false, true);
        if (plan.sched == nullptr) throw std::bad_alloc();
    }

    void release() {
        state_->sched_cross.sched = state_->sched_decode.sched = nullptr;
        whisper_free_state(state_);
    }

    whisper_state * state_;
    std::vector<std::unique_ptr<Pages>> pages_;
};

}  // namespace sotto
