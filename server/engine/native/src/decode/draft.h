// A text that a decode will probably write again, as the last decode of the same audio wrote it. Its tokens are fed
// before it is known that the model chooses them: several in one pass over the weights cost little more than one. What
// the model chooses is the same as without a draft ("speculative decoding", Leviathan et al. 2023, with a text in place
// of the small model).
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace sotto {

class Draft {
  public:
    Draft() = default;
    explicit Draft(std::vector<int> tokens) : tokens_(std::move(tokens)) {}

    // The next tokens, at most as many as are worth feeding at once.
    std::vector<int> next() const {
        const size_t from = std::min(tokens_.size(), at_);
        const size_t to = std::min(tokens_.size(), from + trust_);
        return {tokens_.begin() + static_cast<long>(from), tokens_.begin() + static_cast<long>(to)};
    }

    // The model has chosen this token. Where it left the draft, a few tokens further on are tried, then the next one is
    // taken to have been replaced.
    void follow(int token) {
        const size_t end = std::min(tokens_.size(), at_ + REACH);
        for (size_t i = at_; i < end; i++) {
            if (tokens_[i] != token) continue;
            trust_ = i == at_ ? TOKENS_MAX : TOKENS_AFTER_GAP;
            at_ = i + 1;
            return;
        }
        trust_ = 0;
        at_++;
    }

  private:
    static constexpr size_t TOKENS_MAX = 8;
    static constexpr size_t TOKENS_AFTER_GAP = 3;
    static constexpr size_t REACH = 4;

    std::vector<int> tokens_;
    size_t at_ = 0;
    size_t trust_ = TOKENS_MAX;
};

}  // namespace sotto
