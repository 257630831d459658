// Where a text under way begins to repeat itself. Pure functions.
#pragma once

#include <vector>

#include "token.h"

namespace sotto {

// How many tokens to keep of a text that ends in a repetition; `tokens.size()` when it does not repeat itself.
// A period of six or more tokens counts when written twice, of three to five three times, of one or two four times;
// punctuation does not count. When it is known which attention heads follow the audio (`has_alignment_heads`), two
// words written before are enough, or one right before, if the model attended to the same audio for them and that is
// near the end of the audio's `frames`: with much audio left, attention is too vague to take somebody's second "I'm"
// for a loop.
size_t length_without_repetition(const std::vector<Token> & tokens, bool has_alignment_heads, int frames);

}  // namespace sotto
