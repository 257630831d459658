// The choice of the next token: what may stand there, and what of it is most probable.
#pragma once

#include <random>
#include <utility>
#include <vector>

#include "loaded-model.h"
#include "token.h"

namespace sotto {

class TokenSampler {
  public:
    // With `timestamps` the model may write time stamp tokens.
    TokenSampler(const LoadedModel & model, bool timestamps);

    // Computes natural log probabilities of one row of logits, for the next calls of `log_probability`.
    void compute_log_probabilities(const float * logits);
    float log_probability(int id) const { return log_probabilities_[id]; }

    // The most probable token that may follow `tokens`, or at a temperature above 0 a random one by its probability.
    // `log_probability` is then of the tokens that may stand there.
    int sample(const float * logits, const std::vector<Token> & tokens, float temperature);

    // The most probable tokens that may follow `tokens`, at most `count`, with their log probabilities; the best first.
    std::vector<std::pair<int, float>> best(const float * logits, const std::vector<Token> & tokens, int count);

  private:
    void score(const float * logits, const std::vector<Token> & tokens);
    void restrict_timestamps(const std::vector<Token> & tokens);
    bool timestamps_outweigh_text() const;
    int sample_randomly(float temperature);

    const LoadedModel & model_;
    const bool timestamps_;
    const int vocabulary_size_;
    std::vector<float> allowed_;  // logits, minus infinity for tokens that may not stand here
    std::vector<float> log_probabilities_;
    std::mt19937 random_{0};  // the same audio gives the same words
};

}  // namespace sotto
