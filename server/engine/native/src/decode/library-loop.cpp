#include "library-loop.h"

#include <algorithm>

#include "decoding-task.h"
#include "ggml.h"

namespace sotto {

namespace {

whisper_full_params library_params(const DecodeOptions & options, int window) {
    whisper_full_params params =
        whisper_full_default_params(options.beam_size > 1 ? WHISPER_SAMPLING_BEAM_SEARCH : WHISPER_SAMPLING_GREEDY);
    const std::vector<float> & temperatures = options.temperatures;
    // The library would use as many threads for every token, whose steps are too short to share.
    params.n_threads = 1;
    params.audio_ctx = window;
    params.single_segment = true;
    params.no_context = true;
    params.no_timestamps = !options.timestamps;
    params.translate = options.translate;
    params.suppress_nst = true;
    params.print_progress = false;
    params.greedy.best_of = 1;
    params.beam_search.beam_size = std::min(options.beam_size, upstream::BEAMS_MAX);
    params.temperature = temperatures[0];
    params.temperature_inc = temperatures.size() > 1 ? temperatures[1] - temperatures[0] : 0.0f;
    return params;
}

}  // namespace

Decode decode_with_library(const LoadedModel & model, DecoderState & state, const std::vector<float> & samples,
                           const DecodeOptions & options, const DecodeControl & control) {
    const int64_t start = ggml_time_us();
    DecodeOptions fixed = options;
    fixed.prefix.clear();
    Decode result;
    // The library's own detection knows no candidates and encodes 30 s.
    if (options.language == "auto" && model.info.is_multilingual) {
        result = DecodingTask(model, state, samples, fixed, control).detect();
        if (std::string(result.stop) == "aborted") return result;
        fixed.language = result.language;
    }
    state.begin(options.threads, control);
    DecodingTask task(model, state, samples, fixed, control);
    result.window_frames = task.window_frames();
    whisper_full_params params = library_params(fixed, result.window_frames);
    params.max_tokens = token_budget(samples);
    params.language = fixed.language.c_str();
    const std::string prompt = last_bytes(options.prompt, PROMPT_BYTES_MAX);
    if (!prompt.empty()) params.initial_prompt = prompt.c_str();
    std::vector<int> tokens;
    const bool is_done = state.run_library_loop(params, samples, tokens);
    if (!is_done || control.is_aborted()) {
        result.stop = "aborted";
        if (!control.is_aborted()) result.failure = {failure_code::DECODE, "the library's loop failed"};
        return result;
    }
    result.decode_ms = milliseconds_since(start);
    return task.describe(tokens, result);
}

}  // namespace sotto
