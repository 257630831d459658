#include "vocabulary.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <stdexcept>

namespace sotto {

namespace {

// Signs that subtitles use for what is not speech, as listed with Whisper's published tokenizer.
const std::vector<std::string> & subtitle_signs() {
    static const std::vector<std::string> all = {"\"", "#",  "(",  ")",   "*",   "+",   "/",   ":",   ";",   "<",  "=",
                                                 ">",  "@",  "[",  "\\",  "]",   "^",   "_",   "`",   "{",   "|",  "}",
                                                 "~",  "「", "」", "『",  "』",  "<<",  ">>",  "--",  "-(",  "-[", "('",
                                                 "((", "))", "[[", "]]",  "{{",  "}}",  "♪♪",  "♩",   "♪",   "♫",  "♬",
                                                 "♭",  "♮",  "♯",  "(\"", "<<<", ">>>", "---", "(((", ")))", "♪♪♪"};
    return all;
}

whisper_alignment_heads_preset alignment_heads(int layers, int width, int heads, int bands, bool is_multilingual) {
    const auto either = [&](whisper_alignment_heads_preset multilingual, whisper_alignment_heads_preset english) {
        return is_multilingual ? multilingual : english;
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

}  // namespace

std::vector<int> suppressed_tokens(const std::map<std::string, int> & token_ids,
                                   const upstream::SpecialTokens & special) {
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

upstream::AlignmentHeads read_alignment_heads(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    int32_t header[12] = {0};
    file.read(reinterpret_cast<char *>(header), sizeof(header));
    if (!file) throw std::runtime_error("the file is too short");
    const int vocabulary = header[1];
    const int width = header[7];
    const int heads = header[8];
    const int layers = header[9];
    const int bands = header[10];
    return {alignment_heads(layers, width, heads, bands, vocabulary >= 51'865), std::max(1, layers / 2)};
}

// Measured on the synthetic recordings, whose word times are exact; see README.md.
double attention_lag_ms(whisper_alignment_heads_preset heads) {
    switch (heads) {
    case WHISPER_AHEADS_TINY_EN:
        return 90;
    case WHISPER_AHEADS_BASE:
        return -40;
    default:
        return 0;
    }
}

}  // namespace sotto
