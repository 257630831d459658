// One token of a text under way.
#pragma once

#include <string>
#include <vector>

namespace sotto {

struct Token {
    int id = 0;
    std::string text;
    double log_probability = 0;
    bool is_forced = false;     // given by the caller, not chosen by the model
    bool is_timestamp = false;  // one of the model's own times, no text
    bool is_past_end = false;   // predicted from attention behind the end of the audio
    double centre = 0;          // mean frame of its attention
    // Attention of the alignment heads when this token was predicted: [head][frame], row by row.
    std::vector<float> attention;
};

}  // namespace sotto
