// Tokens to words. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "decode.h"
#include "token.h"

namespace sotto {

// Joins tokens into words. `starts` holds the start of each token in ms and the end of the last; it may be empty.
// `has_spaces` is false for languages without spaces between words, of which each token is a word.
std::vector<Word> join_words(const std::vector<Token> & tokens, const std::vector<double> & starts, bool has_spaces,
                             const std::vector<float> & samples);

bool is_punctuation(const std::string & text);

// The text without the space before it.
std::string without_space(const std::string & text);

}  // namespace sotto
