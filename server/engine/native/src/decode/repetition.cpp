#include "repetition.h"

#include <algorithm>
#include <cctype>

#include "words.h"

namespace sotto {

namespace {

// A repetition that moves on by less per copy was not spoken.
constexpr double STUCK_FRAMES = 4;
// Loops begin where the audio ends.
constexpr double END_FRAMES = 150;

// The tokens that are neither time stamps nor punctuation.
using Text = std::vector<const Token *>;

// Words repeated on purpose move on in the audio; a loop stays where it is or falls back.
bool is_stuck(const Text & text, size_t period, size_t times) {
    const double moved = text.back()->centre - text[text.size() - 1 - period * (times - 1)]->centre;
    return moved < STUCK_FRAMES * static_cast<double>(times - 1);
}

bool ends_in_loop(const Text & text, size_t period, size_t times) {
    const size_t end = text.size();
    if (end < period * times) return false;
    for (size_t i = end - period * times; i + period < end; i++) {
        if (text[i]->id != text[i + period]->id) return false;
    }
    return is_stuck(text, period, times);
}

bool has_letter(const Token & token) {
    return std::any_of(token.text.begin(), token.text.end(),
                       [](unsigned char c) { return c >= 0x80 || std::isalpha(c); });
}

bool is_same_word(const Token & a, const Token & b) {
    const auto same = [](unsigned char left, unsigned char right) { return std::tolower(left) == std::tolower(right); };
    return std::equal(a.text.begin(), a.text.end(), b.text.begin(), b.text.end(), same);
}

// How many of the words to keep of a text that ends in one word again and again. Such a run blurs the attention, but it moves
// on from copy to copy as long as the word was said.
size_t length_of_run(const Text & text) {
    size_t from = text.size() - 1;
    while (from > 0 && text[from - 1]->id == text.back()->id) from--;
    size_t last = from;
    for (size_t i = from; i < text.size(); i++) {
        if (text[i]->centre >= text[last]->centre) last = i;
    }
    return last + 1;
}

bool begins_word(const Token & token) { return !token.text.empty() && token.text[0] == ' '; }

// Where the last words begin to be ones written before, if the model attended to the same place for both; the end when
// they do not. Digits alone prove nothing: those of a large number share one place in the audio.
size_t find_repeated_words(const Text & text) {
    const size_t end = text.size();
    const size_t last = end - 1;
    // Two copies of one word say nothing about a third: people say "no, no, no".
    if (last > 1 && text[last]->id == text[last - 1]->id && text[last]->id == text[last - 2]->id) return end;
    const auto moved = [&](size_t before, size_t now) { return text[now]->centre - text[before]->centre; };
    for (size_t before = last; before-- > 1;) {
        if (!is_same_word(*text[before], *text[last]) || !is_same_word(*text[before - 1], *text[last - 1])) continue;
        if (moved(before, last) >= STUCK_FRAMES || moved(before - 1, last - 1) >= STUCK_FRAMES) continue;
        if (!has_letter(*text[last]) && !has_letter(*text[last - 1])) continue;
        // Attention is spread out over the first words of a repetition, so only their text is compared.
        size_t length = 2;
        while (length <= before && last - length > before && is_same_word(*text[before - length], *text[last - length]))
            length++;
        size_t from = end - length;
        while (from < end && (text[from]->is_forced || !begins_word(*text[from]))) from++;
        if (from < end) return from;
    }
    return end;
}

}  // namespace

size_t length_without_repetition(const std::vector<Token> & tokens, bool has_alignment_heads, int frames) {
    Text text;
    for (const Token & token : tokens) {
        if (!token.is_timestamp && !is_punctuation(without_space(token.text))) text.push_back(&token);
    }
    // Called after every token: punctuation changes nothing.
    if (text.empty() || text.back() != &tokens.back()) return tokens.size();
    const auto index_of = [&](size_t word) { return static_cast<size_t>(text[word] - tokens.data()); };
    if (has_alignment_heads && text.back()->centre + END_FRAMES >= frames) {
        const size_t repeated = find_repeated_words(text);
        if (repeated < text.size()) return index_of(repeated);
    }
    for (size_t period = 1; period <= text.size() / 2; period++) {
        const size_t times = period >= 6 ? 2 : period >= 3 ? 3 : 4;
        if (!ends_in_loop(text, period, times)) continue;
        // Only generated text can be cut; a forced prefix is the caller's.
        const size_t length = period == 1 ? length_of_run(text) : text.size() - period * (times - 1);
        size_t keep = length < text.size() ? index_of(length) : tokens.size();
        while (keep < tokens.size() && tokens[keep].is_forced) keep++;
        return keep;
    }
    return tokens.size();
}

}  // namespace sotto
