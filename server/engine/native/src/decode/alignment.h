// Word times from attention and sound. Pure functions.
#pragma once

#include <vector>

#include "decode.h"
#include "token.h"

namespace sotto {

// When each token begins, in ms, by dynamic time warping over the attention, as published with Whisper: normalise over
// tokens, median filter over time, mean over heads. The audio has `frames` of 20 ms.
std::vector<double> align_tokens(const std::vector<Token> & tokens, int heads, int frames);

// Puts the times of words in order and inside the audio, and cuts off the silence beside each word.
void place_words(std::vector<Word> & words, const std::vector<float> & samples);

}  // namespace sotto
