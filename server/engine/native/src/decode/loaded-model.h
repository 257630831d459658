// A model file, its weights for this processor, and what is derived from them once. Shared by every decode, never
// changed.
#pragma once

#include <string>
#include <vector>

#include "alignment-heads.h"
#include "mel.h"
#include "network/weights.h"
#include "vocabulary.h"

namespace sotto {

struct LoadedModel {
    // Throws std::runtime_error when the file is not a model, and std::bad_alloc.
    explicit LoadedModel(const std::string & path)
        : file(path), dimensions(file.dimensions), special(special_tokens_of(dimensions)),
          mel(file.filters, dimensions.mel_bands, file.filter_bins, kernels()),
          suppressed(suppressed_tokens(file.token_ids, special)), alignment(find_alignment_heads(dimensions)),
          weights(file, kernels()) {
        file.forget_tensors();
    }

    int alignment_head_count() const { return static_cast<int>(alignment.heads.size()); }

    ModelFile file;  // without its tensors
    const ModelDimensions dimensions;
    const SpecialTokens special;
    const MelSpectrogram mel;
    const std::vector<int> suppressed;
    const AlignmentHeads alignment;
    const Weights weights;
};

}  // namespace sotto
