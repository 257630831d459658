// Beam search, as published with Whisper: the most probable texts are continued side by side, in one pass over the
// weights for each step, and the one with the highest mean log probability wins.
#pragma once

#include <vector>

#include "decoder-state.h"
#include "token-sampler.h"

namespace sotto {

// Most texts that are continued side by side.
constexpr int BEAMS_MAX = 8;

struct BeamResult {
    std::vector<int> tokens;  // without the end of the text
    bool is_whole = false;    // the model ended it, not the budget
};

// Continues the text that `state` holds, whose next token follows by `first_logits`. `state` then holds the same text
// as before. `beams` is from 2 to BEAMS_MAX; no text gets longer than `budget` tokens. False when the decode is
// aborted.
bool search_beams(const LoadedModel & model, DecoderState & state, TokenSampler & sampler,
                  const std::vector<float> & first_logits, int beams, int budget, BeamResult & result);

}  // namespace sotto
