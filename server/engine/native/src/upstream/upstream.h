// The one way into whisper.cpp and ggml beyond their public headers. Only the files in this folder see the library's
// private sources; the build gives no other target their include paths. UPGRADING.md lists every internal used here and
// the test that notices when it changes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "whisper.h"

struct ggml_tensor;

namespace sotto::upstream {

// ---------------------------------------------------------------------------------------------------------------------
// whisper.cpp: weights, and the encoder and decoder steps over one state (upstream.cpp)

// Most beams that the library's own loop can search with.
constexpr int BEAMS_MAX = 8;

struct ModelInfo {
    std::string type;
    bool is_multilingual = false;
    int vocabulary_size = 0;
    int language_count = 0;
    int audio_frames = 0;  // of 20 ms, in the longest window
    int text_tokens = 0;   // longest text, prompt included
    int mel_bands = 0;
    double bytes = 0;  // of the weights
};

// Identifiers of the tokens that are not text. Time stamps begin at `first_timestamp`, one for each 20 ms.
struct SpecialTokens {
    int end_of_text = 0;
    int start_of_transcript = 0;
    int translate = 0;
    int transcribe = 0;
    int previous_text = 0;
    int no_speech = 0;
    int no_timestamps = 0;
    int first_timestamp = 0;
};

// The filter bank of a model file: [bands][bins], row by row.
struct MelFilters {
    const std::vector<float> & values;
    int bands;
    int bins;
};

// The attention heads that the state reads: a published selection, or all heads of the last `top_layers` layers.
struct AlignmentHeads {
    whisper_alignment_heads_preset preset = WHISPER_AHEADS_N_TOP_MOST;
    int top_layers = 1;
};

// Weights, loaded once and shared by every state.
class WhisperModel {
  public:
    // Throws std::runtime_error when the file is not a model.
    WhisperModel(const std::string & path, const AlignmentHeads & heads);
    ~WhisperModel();
    WhisperModel(const WhisperModel &) = delete;
    WhisperModel & operator=(const WhisperModel &) = delete;

    ModelInfo info() const;
    SpecialTokens special_tokens() const;
    MelFilters mel_filters() const;
    const std::map<std::string, int> & token_ids() const;
    // Throws std::out_of_range for an identifier beyond the vocabulary.
    const std::string & token_text(int id) const;
    int alignment_head_count() const;

  private:
    friend class WhisperState;
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

// Working memory of one decode. Every step returns false when it fails or the abort callback returns true.
class WhisperState {
  public:
    using AbortCallback = bool (*)(void * data);

    // Throws std::bad_alloc.
    explicit WhisperState(const WhisperModel & model);
    ~WhisperState();
    WhisperState(const WhisperState &) = delete;
    WhisperState & operator=(const WhisperState &) = delete;

    // Called between two operations of the network, from any of its threads.
    void set_abort_callback(AbortCallback callback, void * data);

    // Input of the encoder: [bands][2 * window], row by row.
    std::vector<float> & mel() const;
    // Encodes `window` frames of 20 ms.
    bool encode(int window, int threads);
    // Frames of the window encoded last, by this class or by the library's loop.
    int window() const;
    // Computes the decoder's keys and values of the encoded audio and forgets all tokens.
    bool prepare_decoder(int threads);
    // Forgets all tokens from `position` on.
    void truncate(int position);

    struct DecoderOutput {
        std::vector<float> logits;     // [row asked for][vocabulary]
        std::vector<float> attention;  // [alignment head][frame of the window][token]; unchanged when not asked for
    };
    // Feeds tokens at `position` and computes the logits of those at the indices `rows`.
    bool decode(const std::vector<int> & tokens, int position, const std::vector<int32_t> & rows, bool with_attention,
                int threads, DecoderOutput & out);

    // Runs the library's own loop over the samples; `tokens` receives its text.
    bool run_library_loop(const whisper_full_params & params, const std::vector<float> & samples,
                          std::vector<int> & tokens);

  private:
    struct Buffers;
    const WhisperModel & model_;
    std::unique_ptr<Buffers> buffers_;
};

// ---------------------------------------------------------------------------------------------------------------------
// ggml: operations whose kernels are replaced (operations.cpp), and their threads (threads.c)

// One thread's part of an operation that `count` threads compute together.
struct ThreadShare {
    int index;
    int count;
    const void * pool;

    int64_t begin(int64_t total) const { return total * index / count; }
    int64_t end(int64_t total) const { return total * (index + 1) / count; }
};

// Whether the decode that an operation belongs to has been aborted. The library asks between two operations; one alone
// can take longer than an abort may, so long kernels ask on their way.
bool is_aborted(const ThreadShare & share);

// ggml's q8_0 block: 32 weights with one scale.
constexpr int Q8_VALUES = 32;
struct Q8Block {
    uint16_t scale;  // IEEE half
    int8_t values[Q8_VALUES];
};

// out[i] = exp(in[i] - max), with the library's vector exponential. Returns the sum. `out` may be `in`.
double exponentials(int count, float * out, const float * in, float max);
// out[i] = in[i] / (1 + exp(-in[i])), with the library's vector exponential.
void silu(int count, float * out, const float * in);
void half_to_float(const uint16_t * in, float * out, int64_t count);
void float_to_half(const float * in, uint16_t * out, int64_t count);

}  // namespace sotto::upstream
