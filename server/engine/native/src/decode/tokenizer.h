// Text to tokens, by byte-pair merging with the vocabulary's own order as the ranks. The library's tokenizer takes the
// longest match instead, which gives other tokens than the model writes itself: bad for a forced prefix.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sotto {

class Tokenizer {
  public:
    // Identifiers from `text_tokens` on are special, not text.
    Tokenizer(const std::map<std::string, int> & ids, int text_tokens) : ids_(ids), text_tokens_(text_tokens) {}

    std::vector<int> tokens(const std::string & text) const;

  private:
    int rank(const std::string & piece) const;
    void merge(const std::string & word, std::vector<int> & out) const;

    const std::map<std::string, int> & ids_;
    const int text_tokens_;
};

}  // namespace sotto
