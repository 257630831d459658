// The library's own decoding loop, for beam search and for comparison. The window is fitted here too; words and times
// come from one more pass of our own over what it found.
// Included by model.cpp after the library's source, whose internals it uses.
#pragma once

#include "loop.h"

namespace sotto {

inline std::vector<int> library_tokens(const whisper_state & state, const whisper_vocab & vocabulary) {
    std::vector<int> tokens;
    for (const whisper_segment & segment : state.result_all) {
        for (const whisper_token_data & token : segment.tokens) {
            if (token.id < vocabulary.token_eot) tokens.push_back(token.id);
        }
    }
    return tokens;
}

inline whisper_full_params library_params(const DecodeOptions & options, int window, const Watch & watch) {
    whisper_full_params params =
        whisper_full_default_params(options.beam_size > 1 ? WHISPER_SAMPLING_BEAM_SEARCH : WHISPER_SAMPLING_GREEDY);
    const std::vector<float> & temperatures = options.temperatures;
    // It would use as many for every token, whose steps are too short to share.
    params.n_threads = 1;
    params.audio_ctx = window;
    params.single_segment = true;
    params.no_context = true;
    params.no_timestamps = !options.timestamps;
    params.translate = options.translate;
    params.suppress_nst = true;
    params.print_progress = false;
    params.greedy.best_of = 1;
    params.beam_search.beam_size = std::min(options.beam_size, WHISPER_MAX_DECODERS);
    params.temperature = temperatures[0];
    params.temperature_inc = temperatures.size() > 1 ? temperatures[1] - temperatures[0] : 0.0f;
    params.abort_callback = is_given_up;
    params.abort_callback_user_data = const_cast<Watch *>(&watch);
    return params;
}

inline Decode library_decode(Weights & weights, State & state, const std::vector<float> & samples,
                             const DecodeOptions & options, const Watch & watch) {
    const int64_t start = ggml_time_us();
    DecodeOptions fixed = options;
    fixed.prefix.clear();
    Decode so_far;
    // The library's own detection knows no candidates and encodes 30 s.
    if (options.language == "auto" && weights.context->vocab.is_multilingual()) {
        Run listening(weights, state, samples, fixed, watch);
        if (!listening.listen()) {
            so_far = listening.heard();
            so_far.stop = "aborted";
            return so_far;
        }
        so_far = listening.heard();
        fixed.language = so_far.language;
    }
    state.begin(options.threads, watch);
    Run run(weights, state, samples, fixed, watch);
    so_far.window_frames = run.window_frames();
    whisper_full_params params = library_params(fixed, so_far.window_frames, watch);
    params.max_tokens = token_budget(samples);
    params.language = fixed.language.c_str();
    const std::string prompt = tail_of(options.prompt, PROMPT_BYTES_MAX);
    if (!prompt.empty()) params.initial_prompt = prompt.c_str();
    std::call_once(weights.library_once, [&] {
        weights.library = std::make_unique<whisper_context>(*weights.flash);
        weights.library->params.dtw_token_timestamps = false;
    });
    const bool failed = whisper_full_with_state(weights.library.get(), &state.raw(), params, samples.data(),
                                                static_cast<int>(samples.size())) != 0;
    if (failed || watch.given_up()) {
        so_far.stop = "aborted";
        if (!watch.given_up()) so_far.error = "the library's loop failed";
        return so_far;
    }
    const std::vector<int> tokens = library_tokens(state.raw(), weights.context->vocab);
    so_far.decode_ms = milliseconds_since(start);
    return run.explain(tokens, so_far);
}

}  // namespace sotto
