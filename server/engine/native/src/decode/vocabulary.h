// What is published, or was measured, about tokens and attention heads of the Whisper models.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "upstream/upstream.h"

namespace sotto {

// Tokens that are never wanted: signs of subtitles, and every special token except the end and the time stamps.
std::vector<int> suppressed_tokens(const std::map<std::string, int> & token_ids,
                                   const upstream::SpecialTokens & special);

// The attention heads that follow the audio, as published for the model with the dimensions of this file's header; all
// heads of the upper half of the layers for any other. Throws std::runtime_error when the file has no header.
upstream::AlignmentHeads read_alignment_heads(const std::string & path);

// How much later than the sound (or earlier, below zero) a model's attention changes from word to word, in ms.
double attention_lag_ms(whisper_alignment_heads_preset heads);

}  // namespace sotto
