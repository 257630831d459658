#include "token-sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnostics/profile.h"

namespace sotto {

namespace {

constexpr int FIRST_TIMESTAMP_FRAMES_MAX = 50;

}  // namespace

TokenSampler::TokenSampler(const LoadedModel & model, bool timestamps)
    : model_(model), timestamps_(timestamps), vocabulary_size_(model.dimensions.vocabulary) {}

void TokenSampler::compute_log_probabilities(const float * logits) {
    log_probabilities_.resize(vocabulary_size_);
    const float max = model_.weights.kernels.largest(vocabulary_size_, logits);
    const double sum = model_.weights.kernels.exponentials(vocabulary_size_, logits, max, log_probabilities_.data());
    const float log_sum = max + static_cast<float>(std::log(sum));
    for (int i = 0; i < vocabulary_size_; i++) log_probabilities_[i] = logits[i] - log_sum;
}

// Log probabilities of the tokens that may follow `tokens`; minus infinity for others.
void TokenSampler::score(const float * logits, const std::vector<Token> & tokens) {
    allowed_.assign(logits, logits + vocabulary_size_);
    for (const int id : model_.suppressed) allowed_[id] = -INFINITY;
    if (tokens.empty()) {
        const auto blank = model_.file.token_ids.find(" ");
        if (blank != model_.file.token_ids.end()) allowed_[blank->second] = -INFINITY;
    }
    restrict_timestamps(tokens);
    compute_log_probabilities(allowed_.data());
    if (timestamps_ && timestamps_outweigh_text())
        std::fill(log_probabilities_.begin(), log_probabilities_.begin() + model_.special.first_timestamp, -INFINITY);
}

int TokenSampler::sample(const float * logits, const std::vector<Token> & tokens, float temperature) {
    const ProfileStep step("choice of the token");
    score(logits, tokens);
    if (temperature > 0) return sample_randomly(temperature);
    const std::vector<float> & scores = log_probabilities_;
    const float largest = model_.weights.kernels.largest(vocabulary_size_, scores.data());
    const auto found = std::find(scores.begin(), scores.end(), largest);
    return found == scores.end() ? model_.special.end_of_text : static_cast<int>(found - scores.begin());
}

std::vector<std::pair<int, float>> TokenSampler::best(const float * logits, const std::vector<Token> & tokens,
                                                      int count) {
    score(logits, tokens);
    std::vector<int> order(vocabulary_size_);
    std::iota(order.begin(), order.end(), 0);
    const auto end = order.begin() + std::min(count, vocabulary_size_);
    std::partial_sort(order.begin(), end, order.end(),
                      [this](int a, int b) { return log_probabilities_[a] > log_probabilities_[b]; });
    std::vector<std::pair<int, float>> found;
    for (auto id = order.begin(); id != end && std::isfinite(log_probabilities_[*id]); id++)
        found.emplace_back(*id, log_probabilities_[*id]);
    return found;
}

int TokenSampler::sample_randomly(float temperature) {
    double at = std::uniform_real_distribution<double>(0, 1)(random_);
    // As a share of the most probable: at low temperatures, none of the weights could be told from 0 otherwise.
    const float most = model_.weights.kernels.largest(vocabulary_size_, log_probabilities_.data());
    std::vector<double> weights(vocabulary_size_);
    double sum = 0;
    for (int i = 0; i < vocabulary_size_; i++)
        sum += weights[i] = std::exp(static_cast<double>(log_probabilities_[i] - most) / temperature);
    for (int i = 0; i < vocabulary_size_; i++) {
        at -= weights[i] / sum;
        if (at <= 0 && weights[i] > 0) return i;
    }
    return model_.special.end_of_text;
}

// Time stamps come in pairs and never go backwards, and the first one is early. The rules are those published with
// Whisper.
void TokenSampler::restrict_timestamps(const std::vector<Token> & tokens) {
    const auto forbid = [this](int from, int to) {
        std::fill(allowed_.begin() + from, allowed_.begin() + std::max(from, to), -INFINITY);
    };
    const int first = model_.special.first_timestamp;
    if (!timestamps_) return forbid(first, vocabulary_size_);
    const size_t n = tokens.size();
    int least = first;
    for (const Token & token : tokens) {
        if (token.is_timestamp) least = std::max(least, token.id);
    }
    forbid(first, std::min(least, vocabulary_size_));
    if (n == 0) {
        forbid(0, first);
        return forbid(std::min(first + FIRST_TIMESTAMP_FRAMES_MAX + 1, vocabulary_size_), vocabulary_size_);
    }
    const bool is_last = tokens[n - 1].is_timestamp;
    const bool is_before_last = n < 2 || tokens[n - 2].is_timestamp;
    if (is_last && is_before_last) forbid(first, vocabulary_size_);
    else if (is_last) forbid(0, model_.special.end_of_text);
}

bool TokenSampler::timestamps_outweigh_text() const {
    const int first = model_.special.first_timestamp;
    double sum = 0;
    for (int id = first; id < vocabulary_size_; id++) sum += std::exp(log_probabilities_[id]);
    return std::log(sum) > *std::max_element(log_probabilities_.begin(), log_probabilities_.begin() + first);
}

}  // namespace sotto
