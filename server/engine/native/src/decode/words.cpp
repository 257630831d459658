#include "words.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "alignment.h"

namespace sotto {

namespace {

// Bytes of the last character of `text` when it is cut off in the middle of its UTF-8 encoding, or 0.
size_t incomplete_bytes(const std::string & text) {
    for (size_t back = 1; back <= std::min<size_t>(4, text.size()); back++) {
        const unsigned char c = text[text.size() - back];
        if ((c & 0xC0) == 0x80) continue;
        const size_t length = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

void finish_word(std::vector<Word> & words, Word & word, double log_sum, int count) {
    if (word.text.empty()) return;
    word.confidence = count == 0 ? 0 : std::exp(log_sum / count);
    words.push_back(word);
    word = Word();
}

}  // namespace

bool is_punctuation(const std::string & text) {
    static const std::vector<std::string> signs = {"。", "、", "，", "！", "？", "：",
                                                   "；", "」", "』", "）", "…",  "・"};
    if (std::find(signs.begin(), signs.end(), text) != signs.end()) return true;
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::ispunct(c); });
}

std::string without_space(const std::string & text) { return !text.empty() && text[0] == ' ' ? text.substr(1) : text; }

std::vector<Word> join_words(const std::vector<Token> & tokens, const std::vector<double> & starts, bool has_spaces,
                             const std::vector<float> & samples) {
    std::vector<Word> words;
    Word word;
    double log_sum = 0;
    int count = 0;
    for (size_t i = 0; i < tokens.size(); i++) {
        const std::string & text = tokens[i].text;
        const bool has_space = !text.empty() && text[0] == ' ';
        const std::string bare = without_space(text);
        const bool is_complete = incomplete_bytes(word.text) == 0;
        const bool begins_word = is_complete && (has_space || (!has_spaces && !is_punctuation(bare)));
        if (begins_word || i == 0) {
            finish_word(words, word, log_sum, count);
            log_sum = 0;
            count = 0;
            word.has_space = has_space;
            word.from_ms = starts.empty() ? 0 : starts[i];
        }
        if (word.text.empty() && !word.has_space) word.has_space = has_space;
        word.text += bare;
        word.to_ms = starts.empty() ? 0 : starts[i + 1];
        log_sum += tokens[i].log_probability;
        count++;
    }
    word.text.resize(word.text.size() - incomplete_bytes(word.text));
    finish_word(words, word, log_sum, count);

    if (!starts.empty()) place_words(words, samples);
    return words;
}

}  // namespace sotto
