// Languages: which one a decode's first token says, and how they are written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "vocabulary.h"

namespace sotto {

struct DetectedLanguage {
    std::string code;
    double probability = 0;
    // Of the candidates, or of the five most probable languages.
    std::map<std::string, double> probabilities;
};

// The most probable language by the logits behind the start of transcript. Candidates that the model does not know are
// ignored; without any other, all of its languages are candidates.
DetectedLanguage detect_language(const float * logits, const std::vector<std::string> & candidates,
                                 const SpecialTokens & special);

// The token of a language; that of English for a code that the model does not know.
int language_token(const std::string & code, const SpecialTokens & special);

// False for languages written without spaces between words.
bool has_spaces(const std::string & language);

}  // namespace sotto
