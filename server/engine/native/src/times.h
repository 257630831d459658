// Attention and sound → times. Pure functions.
#pragma once

#include <vector>

#include "words.h"

namespace sotto {

// When each token begins, in ms, by dynamic time warping over the attention (as published with Whisper: normalise over
// tokens, median filter over time, mean over heads). `frames` of 20 ms hold the audio.
std::vector<double> align(const std::vector<Token> & tokens, int heads, int frames);

// Puts the times of words in order, inside the audio, and onto the sound.
void place_words(std::vector<Word> & words, const std::vector<float> & samples);

}  // namespace sotto
