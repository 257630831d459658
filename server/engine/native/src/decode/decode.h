// One decode of one span of audio: its options and its result. No N-API in here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "failure.h"

namespace sotto {

struct DecodeOptions {
    std::string language = "en";         // code, or "auto"
    std::vector<std::string> languages;  // with "auto": the only candidates; empty for all
    bool translate = false;
    std::string prompt;
    std::string prompt_language;  // of the prompt, which a detection of another one leaves out; empty keeps it
    std::string prefix;  // forced at the start of the text
    std::string draft;   // what the text will probably be; changes nothing but the time it takes
    int window_floor = 0;
    int threads = 1;
    int beam_size = 1;                      // at the first temperature, when that is 0
    std::vector<float> temperatures = {0};  // tried in turn until a result is good enough
    bool timestamps = false;                // let the model write its time stamp tokens
    bool word_times = true;
};

struct Word {
    std::string text;
    bool has_space = false;  // a space stands before it
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
    std::optional<Failure> failure;
};

}  // namespace sotto
