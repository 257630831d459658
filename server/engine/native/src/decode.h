// One decode of one span: what is asked, what comes back, and the model that does it. No N-API in here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "watch.h"

namespace sotto {

struct DecodeOptions {
    std::string language = "en";         // code, or "auto"
    std::vector<std::string> languages;  // with auto: only these; empty is all
    bool translate = false;
    std::string prompt;
    std::string prefix;  // forced at the start of the text
    int window_floor = 0;
    int threads = 1;
    int beam_size = 1;                      // above one: only with whisper_loop
    std::vector<float> temperatures = {0};  // tried in turn until a result is trusted
    bool timestamps = false;                // let the model write its time tokens
    bool word_times = true;
    bool whisper_loop = false;  // the library's own decoding loop
};

struct Word {
    std::string text;
    bool space = false;
    double from_ms = 0;
    double to_ms = 0;
    double confidence = 0;
};

struct Decode {
    std::vector<Word> words;
    std::string language;
    double language_probability = 1;
    std::map<std::string, double> language_probabilities;
    double no_speech = 0;
    double average_log_probability = 0;
    const char * stop = "end";
    int tokens = 0;
    double encode_ms = 0;
    double decode_ms = 0;
    int window_frames = 0;
    float temperature = 0;
    std::string error;
};

struct ModelInfo {
    std::string type;
    bool multilingual = false;
    int vocabulary = 0;
    int audio_frames = 0;
    int text_tokens = 0;
    int mel_bands = 0;
    double bytes = 0;
};

// Weights, loaded once. Every running decode takes a state from the pool, so decodes run side by side.
class Model {
  public:
    // Throws std::runtime_error when the file is not a model.
    static std::shared_ptr<Model> load(const std::string & path);
    ~Model();

    const ModelInfo & info() const { return info_; }
    // Runs on the caller's thread; returns early with stop "aborted" once it is given up.
    Decode decode(const std::vector<float> & samples, const DecodeOptions & options, const Watch & watch);

  private:
    struct Impl;
    explicit Model(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
    ModelInfo info_;
};

}  // namespace sotto
