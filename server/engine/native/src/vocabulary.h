// What is known about tokens, languages and attention heads of the published models.
// Included by model.cpp after the library's source, whose internals it uses.
#pragma once

#include <string>
#include <vector>

namespace sotto {

// Signs that subtitles use for what is not speech.
inline const std::vector<std::string> & symbols() {
    static const std::vector<std::string> all = {"\"", "#",  "(",  ")",   "*",   "+",   "/",   ":",   ";",   "<",  "=",
                                                 ">",  "@",  "[",  "\\",  "]",   "^",   "_",   "`",   "{",   "|",  "}",
                                                 "~",  "「", "」", "『",  "』",  "<<",  ">>",  "--",  "-(",  "-[", "('",
                                                 "((", "))", "[[", "]]",  "{{",  "}}",  "♪♪",  "♩",   "♪",   "♫",  "♬",
                                                 "♭",  "♮",  "♯",  "(\"", "<<<", ">>>", "---", "(((", ")))", "♪♪♪"};
    return all;
}

// Tokens that are never wanted: subtitle signs, and everything special except the end and, if asked for, times.
inline std::vector<int> suppressed_tokens(const whisper_vocab & vocabulary) {
    std::vector<int> ids;
    const auto add = [&](const std::string & text) {
        const auto found = vocabulary.token_to_id.find(text);
        if (found != vocabulary.token_to_id.end()) ids.push_back(found->second);
    };
    for (const std::string & symbol : symbols()) {
        add(symbol);
        add(" " + symbol);
    }
    // Inside a word a dash or an apostrophe is speech; one that stands alone is a subtitler's habit.
    add(" -");
    add(" '");
    for (int id = vocabulary.token_eot + 1; id < vocabulary.token_beg; id++) ids.push_back(id);
    return ids;
}

// Which attention heads follow the audio was published per model; others use all heads of the upper half.
inline whisper_alignment_heads_preset alignment_heads(int layers, int width, int heads, int bands, bool multilingual) {
    const auto either = [multilingual](whisper_alignment_heads_preset many, whisper_alignment_heads_preset english) {
        return multilingual ? many : english;
    };
    if (heads * 64 != width) return WHISPER_AHEADS_N_TOP_MOST;
    if (layers == 4 && width == 384) return either(WHISPER_AHEADS_TINY, WHISPER_AHEADS_TINY_EN);
    if (layers == 4 && width == 1280) return WHISPER_AHEADS_LARGE_V3_TURBO;
    if (layers == 6 && width == 512) return either(WHISPER_AHEADS_BASE, WHISPER_AHEADS_BASE_EN);
    if (layers == 12 && width == 768) return either(WHISPER_AHEADS_SMALL, WHISPER_AHEADS_SMALL_EN);
    if (layers == 24 && width == 1024) return either(WHISPER_AHEADS_MEDIUM, WHISPER_AHEADS_MEDIUM_EN);
    if (layers == 32 && width == 1280) return bands == 128 ? WHISPER_AHEADS_LARGE_V3 : WHISPER_AHEADS_LARGE_V2;
    return WHISPER_AHEADS_N_TOP_MOST;
}

// How much later than the sound (or earlier, below zero) a model's attention changes from word to word, in ms.
// Measured on the synthetic recordings, whose word times are exact; see README.md.
inline double attention_lag_ms(whisper_alignment_heads_preset heads) {
    switch (heads) {
    case WHISPER_AHEADS_TINY_EN:
        return 90;
    case WHISPER_AHEADS_BASE:
        return -40;
    default:
        return 0;
    }
}

// Languages written without spaces between words.
inline bool is_spaced(const std::string & language) {
    for (const char * code : {"zh", "ja", "th", "lo", "my", "yue", "km", "bo"}) {
        if (language == code) return false;
    }
    return true;
}

}  // namespace sotto
