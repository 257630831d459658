#include "tokenizer.h"

#include <cctype>
#include <limits>

namespace sotto {

namespace {

constexpr int NO_RANK = std::numeric_limits<int>::max();
// No language has a longer word; merging is quadratic in its length.
constexpr size_t WORD_BYTES_MAX = 200;

enum class CharacterKind { letter, digit, space, other };

// Bytes of a character outside ASCII count as letters, which most of those characters are.
CharacterKind kind_of(unsigned char c) {
    if (c >= 0x80 || std::isalpha(c)) return CharacterKind::letter;
    if (std::isdigit(c)) return CharacterKind::digit;
    return std::isspace(c) ? CharacterKind::space : CharacterKind::other;
}

size_t contraction_length(const std::string & text, size_t at) {
    for (const char * ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
        const std::string each(ending);
        if (text.compare(at, each.size(), each) == 0) return each.size();
    }
    return 0;
}

// End of the word that begins at `at`: an optional space and characters of one kind, as GPT-2 splits text.
size_t word_end(const std::string & text, size_t at) {
    if (const size_t length = contraction_length(text, at)) return at + length;
    size_t end = at;
    if (text[at] == ' ' && at + 1 < text.size() && kind_of(text[at + 1]) != CharacterKind::space) end++;
    const CharacterKind kind = kind_of(text[end]);
    while (end < text.size() && end - at < WORD_BYTES_MAX && kind_of(text[end]) == kind) end++;
    return end;
}

}  // namespace

std::vector<int> Tokenizer::tokens(const std::string & text) const {
    std::vector<int> out;
    for (size_t at = 0; at < text.size();) {
        const size_t end = word_end(text, at);
        merge(text.substr(at, end - at), out);
        at = end;
    }
    return out;
}

int Tokenizer::rank(const std::string & piece) const {
    const auto found = ids_.find(piece);
    return found == ids_.end() || found->second >= text_tokens_ ? NO_RANK : found->second;
}

void Tokenizer::merge(const std::string & word, std::vector<int> & out) const {
    std::vector<std::string> pieces;
    for (const char c : word) pieces.emplace_back(1, c);
    while (pieces.size() > 1) {
        size_t best = 0;
        int best_rank = NO_RANK;
        for (size_t i = 0; i + 1 < pieces.size(); i++) {
            const int each = rank(pieces[i] + pieces[i + 1]);
            if (each < best_rank) {
                best = i;
                best_rank = each;
            }
        }
        if (best_rank == NO_RANK) break;
        pieces[best] += pieces[best + 1];
        pieces.erase(pieces.begin() + static_cast<long>(best) + 1);
    }
    for (const std::string & piece : pieces) {
        const int id = rank(piece);
        if (id != NO_RANK) out.push_back(id);
    }
}

}  // namespace sotto
