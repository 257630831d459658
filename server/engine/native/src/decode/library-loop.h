// The library's own decoding loop, for beam search and for comparison.
#pragma once

#include <vector>

#include "decode.h"
#include "decoder-state.h"
#include "loaded-model.h"

namespace sotto {

// Decodes in a window fitted as for our own loop; words and times come from one more pass of our own over the result.
Decode decode_with_library(const LoadedModel & model, DecoderState & state, const std::vector<float> & samples,
                           const DecodeOptions & options, const DecodeControl & control);

}  // namespace sotto
