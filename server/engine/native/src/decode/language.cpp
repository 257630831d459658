#include "language.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace sotto {

namespace {

constexpr size_t LANGUAGES_SHOWN = 5;

// In the order of their tokens, as published with Whisper; the last is known to large-v3 and its kin alone.
const std::vector<std::string> CODES = {
    "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt",  "tr", "pl", "ca", "nl", "ar", "sv", "it", "id",
    "hi", "fi", "vi", "he", "uk", "el", "ms", "cs", "ro",  "da", "hu", "ta", "no", "th", "ur", "hr", "bg",
    "lt", "la", "mi", "ml", "cy", "sk", "te", "fa", "lv",  "bn", "sr", "az", "sl", "kn", "et", "mk", "br",
    "eu", "is", "hy", "ne", "mn", "bs", "kk", "sq", "sw",  "gl", "mr", "pa", "si", "km", "sn", "yo", "so",
    "af", "oc", "ka", "be", "tg", "sd", "gu", "am", "yi",  "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt",
    "sa", "lb", "my", "bo", "tl", "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue"};

int token_of(int language, const SpecialTokens & special) { return special.start_of_transcript + 1 + language; }

// -1 for an unknown code.
int index_of(const std::string & code) {
    const auto found = std::find(CODES.begin(), CODES.end(), code);
    return found == CODES.end() ? -1 : static_cast<int>(found - CODES.begin());
}

}  // namespace

DetectedLanguage detect_language(const float * logits, const std::vector<std::string> & candidates,
                                 const SpecialTokens & special) {
    std::vector<std::pair<double, std::string>> scored;
    const auto score = [&](const std::string & code) {
        const int language = index_of(code);
        if (language < 0 || language >= special.language_count) return;
        scored.emplace_back(logits[token_of(language, special)], code);
    };
    for (const std::string & code : std::set<std::string>(candidates.begin(), candidates.end())) score(code);
    const bool has_candidates = !scored.empty();
    if (!has_candidates) {
        for (const std::string & code : CODES) score(code);
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

int language_token(const std::string & code, const SpecialTokens & special) {
    const int index = index_of(code);
    return token_of(index < special.language_count ? std::max(0, index) : 0, special);
}

bool has_spaces(const std::string & language) {
    for (const char * code : {"zh", "ja", "th", "lo", "my", "yue", "km", "bo"}) {
        if (language == code) return false;
    }
    return true;
}

}  // namespace sotto
