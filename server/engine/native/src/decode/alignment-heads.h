// The attention heads of each model that follow the audio.
#pragma once

#include <vector>

#include "network/decoder.h"

namespace sotto {

struct AlignmentHeads {
    std::vector<AlignmentHead> heads;
    bool is_published = false;
    // How much later than the sound (or earlier, below zero) their attention changes from word to word, in ms.
    double lag_ms = 0;
};

// The heads published with Whisper for the model of these dimensions; all heads of the upper half of the layers for any
// other.
AlignmentHeads find_alignment_heads(const ModelDimensions & dimensions);

}  // namespace sotto
