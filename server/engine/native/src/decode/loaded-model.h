// Weights and what is derived from them once. Shared by every decode, never changed.
#pragma once

#include <string>
#include <vector>

#include "mel.h"
#include "upstream/upstream.h"
#include "vocabulary.h"

namespace sotto {

struct LoadedModel {
    // Throws std::runtime_error when the file is not a model.
    explicit LoadedModel(const std::string & path, const upstream::AlignmentHeads & heads)
        : whisper(path, heads), info(whisper.info()), special(whisper.special_tokens()),
          mel(whisper.mel_filters().values, whisper.mel_filters().bands, whisper.mel_filters().bins),
          suppressed(suppressed_tokens(whisper.token_ids(), special)), alignment_heads(whisper.alignment_head_count()),
          attention_lag_ms(sotto::attention_lag_ms(heads.preset)),
          has_alignment_heads(heads.preset != WHISPER_AHEADS_N_TOP_MOST) {}

    upstream::WhisperModel whisper;
    upstream::ModelInfo info;
    upstream::SpecialTokens special;
    MelSpectrogram mel;
    std::vector<int> suppressed;
    int alignment_heads;  // how many are read
    double attention_lag_ms;
    bool has_alignment_heads;  // it is published which heads follow the audio
};

}  // namespace sotto
