#include "words.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "times.h"

namespace sotto {

namespace {

// A repetition that moves on by less per copy was not spoken.
constexpr double STUCK_FRAMES = 4;
// Loops begin where the audio ends.
constexpr double END_FRAMES = 150;

// Words said again on purpose move on in the audio; a loop stays where it is or falls back.
bool stays(const std::vector<const Token *> & said, size_t period, size_t times) {
    const double moved = said.back()->centre - said[said.size() - 1 - period * (times - 1)]->centre;
    return moved < STUCK_FRAMES * static_cast<double>(times - 1);
}

bool repeats(const std::vector<const Token *> & said, size_t period, size_t times) {
    const size_t end = said.size();
    if (end < period * times) return false;
    for (size_t i = end - period * times; i + period < end; i++) {
        if (said[i]->id != said[i + period]->id) return false;
    }
    return stays(said, period, times);
}

bool has_letter(const Token & token) {
    return std::any_of(token.text.begin(), token.text.end(),
                       [](unsigned char c) { return c >= 0x80 || std::isalpha(c); });
}

bool same_word(const Token & a, const Token & b) {
    const auto same = [](unsigned char left, unsigned char right) { return std::tolower(left) == std::tolower(right); };
    return std::equal(a.text.begin(), a.text.end(), b.text.begin(), b.text.end(), same);
}

bool begins_word(const Token & token) { return !token.text.empty() && token.text[0] == ' '; }

// Where the last words begin to be ones said before, if the model listened to the same place for both. Digits alone
// prove nothing: those of a large number share one place in the audio.
size_t heard_again_from(const std::vector<const Token *> & said) {
    const size_t end = said.size();
    const size_t last = end - 1;
    const auto moved = [&](size_t before, size_t now) { return said[now]->centre - said[before]->centre; };
    for (size_t before = last; before-- > 1;) {
        if (!same_word(*said[before], *said[last]) || !same_word(*said[before - 1], *said[last - 1])) continue;
        if (moved(before, last) >= STUCK_FRAMES || moved(before - 1, last - 1) >= STUCK_FRAMES) continue;
        if (!has_letter(*said[last]) && !has_letter(*said[last - 1])) continue;
        // What the first words of a repetition listen to is spread out, so only their text is looked at.
        size_t length = 2;
        while (length <= before && last - length > before && same_word(*said[before - length], *said[last - length]))
            length++;
        size_t from = end - length;
        while (from < end && (said[from]->forced || !begins_word(*said[from]))) from++;
        if (from < end) return from;
    }
    return end;
}

// Bytes of the last, unfinished UTF-8 character of `text`.
size_t torn_utf8(const std::string & text) {
    for (size_t back = 1; back <= std::min<size_t>(4, text.size()); back++) {
        const unsigned char c = text[text.size() - back];
        if ((c & 0xC0) == 0x80) continue;
        const size_t length = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

bool only_punctuation(const std::string & text) {
    static const std::vector<std::string> marks = {"。", "、", "，", "！", "？", "：",
                                                   "；", "」", "』", "）", "…",  "・"};
    if (std::find(marks.begin(), marks.end(), text) != marks.end()) return true;
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::ispunct(c); });
}

std::string bare(const std::string & text) { return !text.empty() && text[0] == ' ' ? text.substr(1) : text; }

void close_word(std::vector<Word> & words, Word & word, double log_sum, int count) {
    if (word.text.empty()) return;
    word.confidence = count == 0 ? 0 : std::exp(log_sum / count);
    words.push_back(word);
    word = Word();
}

}  // namespace

size_t without_repeat(const std::vector<Token> & tokens, bool attentive, int frames) {
    std::vector<const Token *> said;
    for (const Token & token : tokens) {
        if (!token.mark && !only_punctuation(bare(token.text))) said.push_back(&token);
    }
    // Asked after every token: punctuation brings nothing new.
    if (said.empty() || said.back() != &tokens.back()) return tokens.size();
    const auto place = [&](size_t index) { return static_cast<size_t>(said[index] - tokens.data()); };
    if (attentive && said.back()->centre + END_FRAMES >= frames) {
        const size_t again = heard_again_from(said);
        if (again < said.size()) return place(again);
    }
    for (size_t period = 1; period <= said.size() / 2; period++) {
        const size_t times = period >= 6 ? 2 : period >= 3 ? 3 : 4;
        if (!repeats(said, period, times)) continue;
        // Only generated text can be cut; a forced prefix is the caller's.
        size_t keep = place(said.size() - period * (times - 1));
        while (keep < tokens.size() && tokens[keep].forced) keep++;
        return keep;
    }
    return tokens.size();
}

std::vector<Word> join_words(const std::vector<Token> & tokens, const std::vector<double> & starts, bool spaced,
                             const std::vector<float> & samples) {
    std::vector<Word> words;
    Word word;
    double log_sum = 0;
    int count = 0;
    for (size_t i = 0; i < tokens.size(); i++) {
        const std::string & text = tokens[i].text;
        const bool space = !text.empty() && text[0] == ' ';
        const std::string bare = space ? text.substr(1) : text;
        const bool whole = torn_utf8(word.text) == 0;
        const bool breaks = whole && (space || (!spaced && !only_punctuation(bare)));
        if (breaks || i == 0) {
            close_word(words, word, log_sum, count);
            log_sum = 0;
            count = 0;
            word.space = space;
            word.from_ms = starts.empty() ? 0 : starts[i];
        }
        if (word.text.empty() && !word.space) word.space = space;
        word.text += bare;
        word.to_ms = starts.empty() ? 0 : starts[i + 1];
        log_sum += tokens[i].log_probability;
        count++;
    }
    word.text.resize(word.text.size() - torn_utf8(word.text));
    close_word(words, word, log_sum, count);

    if (!starts.empty()) place_words(words, samples);
    return words;
}

}  // namespace sotto
