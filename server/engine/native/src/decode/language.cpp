#include "language.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sotto {

namespace {

constexpr size_t LANGUAGES_SHOWN = 5;

int token_of(int language, const upstream::SpecialTokens & special) {
    return special.start_of_transcript + 1 + language;
}

}  // namespace

DetectedLanguage detect_language(const float * logits, const std::vector<std::string> & candidates,
                                 const upstream::ModelInfo & info, const upstream::SpecialTokens & special) {
    std::vector<std::pair<double, std::string>> scored;
    const auto score = [&](const std::string & code) {
        const int language = whisper_lang_id(code.c_str());
        if (language < 0 || language >= info.language_count) return;
        scored.emplace_back(logits[token_of(language, special)], code);
    };
    for (const std::string & code : candidates) score(code);
    const bool has_candidates = !scored.empty();
    if (!has_candidates) {
        const int known = std::min(info.language_count, whisper_lang_max_id() + 1);
        for (int language = 0; language < known; language++) score(whisper_lang_str(language));
    }
    std::sort(scored.rbegin(), scored.rend());
    double sum = 0;
    for (const auto & [logit, code] : scored) sum += std::exp(logit - scored[0].first);
    DetectedLanguage detected = {scored[0].second, 1 / sum, {}};
    const size_t shown = has_candidates ? scored.size() : std::min(scored.size(), LANGUAGES_SHOWN);
    for (size_t i = 0; i < shown; i++)
        detected.probabilities[scored[i].second] = std::exp(scored[i].first - scored[0].first) / sum;
    return detected;
}

int language_token(const std::string & code, const upstream::SpecialTokens & special) {
    return token_of(std::max(0, whisper_lang_id(code.c_str())), special);
}

bool has_spaces(const std::string & language) {
    for (const char * code : {"zh", "ja", "th", "lo", "my", "yue", "km", "bo"}) {
        if (language == code) return false;
    }
    return true;
}

}  // namespace sotto
