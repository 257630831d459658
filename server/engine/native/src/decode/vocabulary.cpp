#include "vocabulary.h"

#include <algorithm>

namespace sotto {

namespace {

constexpr int VOCABULARY_WITHOUT_LANGUAGES = 51'765;

// Signs that subtitles use for what is not speech, as listed with Whisper's published tokenizer.
const std::vector<std::string> & subtitle_signs() {
    static const std::vector<std::string> all = {"\"", "#",  "(",  ")",   "*",   "+",   "/",   ":",   ";",   "<",  "=",
                                                 ">",  "@",  "[",  "\\",  "]",   "^",   "_",   "`",   "{",   "|",  "}",
                                                 "~",  "「", "」", "『",  "』",  "<<",  ">>",  "--",  "-(",  "-[", "('",
                                                 "((", "))", "[[", "]]",  "{{",  "}}",  "♪♪",  "♩",   "♪",   "♫",  "♬",
                                                 "♭",  "♮",  "♯",  "(\"", "<<<", ">>>", "---", "(((", ")))", "♪♪♪"};
    return all;
}

}  // namespace

std::vector<int> suppressed_tokens(const std::map<std::string, int> & token_ids, const SpecialTokens & special) {
    std::vector<int> ids;
    const auto add = [&](const std::string & text) {
        const auto found = token_ids.find(text);
        if (found != token_ids.end()) ids.push_back(found->second);
    };
    for (const std::string & sign : subtitle_signs()) {
        add(sign);
        add(" " + sign);
    }
    // Inside a word a dash or an apostrophe is speech; one that stands alone is a subtitler's habit.
    add(" -");
    add(" '");
    for (int id = special.end_of_text + 1; id < special.first_timestamp; id++) ids.push_back(id);
    return ids;
}

SpecialTokens special_tokens_of(const ModelDimensions & dimensions) {
    // English vocabularies have 50,256 tokens of text, the others one more. Behind the start of a transcript stand the
    // languages, then the tasks and the rest.
    SpecialTokens special;
    special.end_of_text = dimensions.is_multilingual() ? 50'257 : 50'256;
    special.start_of_transcript = special.end_of_text + 1;
    special.language_count =
        dimensions.vocabulary - VOCABULARY_WITHOUT_LANGUAGES - (dimensions.is_multilingual() ? 1 : 0);
    special.translate = special.start_of_transcript + 1 + special.language_count;
    special.transcribe = special.translate + 1;
    special.previous_text = special.translate + 3;
    special.no_speech = special.translate + 4;
    special.no_timestamps = special.translate + 5;
    special.first_timestamp = special.translate + 6;
    return special;
}

}  // namespace sotto
