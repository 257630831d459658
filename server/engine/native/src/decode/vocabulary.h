// What is published about the tokens of the Whisper models.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "network/model-file.h"

namespace sotto {

// Identifiers of the tokens that are not text. Time stamps begin at `first_timestamp`, one for each 20 ms.
struct SpecialTokens {
    int end_of_text = 0;
    int start_of_transcript = 0;  // behind it stand the languages
    int language_count = 0;
    int translate = 0;
    int transcribe = 0;
    int previous_text = 0;
    int no_speech = 0;
    int no_timestamps = 0;
    int first_timestamp = 0;
};

SpecialTokens special_tokens_of(const ModelDimensions & dimensions);

// Tokens that are never wanted: signs of subtitles, and every special token except the end and the time stamps.
std::vector<int> suppressed_tokens(const std::map<std::string, int> & token_ids, const SpecialTokens & special);

}  // namespace sotto
