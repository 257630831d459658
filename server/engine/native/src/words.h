// Tokens → words, and where a text begins to repeat itself. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "decode.h"

namespace sotto {

struct Token {
    int id = 0;
    std::string text;
    double log_probability = 0;
    bool forced = false;  // given by the caller, not chosen by the model
    bool mark = false;    // one of the model's own times, no text
    bool beyond = false;  // the model looked behind the end of the audio for it
    double centre = 0;    // mean frame of its attention
    // Attention of the alignment heads when this token was predicted: [head][frame], row by row.
    std::vector<float> attention;
};

// How many tokens to keep of a text that ends in a repetition; `tokens.size()` when it does not repeat.
// A period of six or more tokens counts when said twice, of three to five three times, of one or two four times;
// punctuation does not count. When the attention is known to follow the audio (`attentive`), two words said before are
// enough, or one right before, if the model listened to the same audio for them and that is near the end of the audio's
// `frames`: with much left to hear, attention is too vague to take somebody's second "I'm" for a loop.
size_t without_repeat(const std::vector<Token> & tokens, bool attentive, int frames);

// Joins tokens into words. `starts` has one frame more than there are tokens: the end of the last. May be empty.
std::vector<Word> join_words(const std::vector<Token> & tokens, const std::vector<double> & starts, bool spaced,
                             const std::vector<float> & samples);

}  // namespace sotto
