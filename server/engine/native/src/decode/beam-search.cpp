#include "beam-search.h"

#include <algorithm>

namespace sotto {

namespace {

struct Beam {
    std::vector<Token> tokens;
    double log_probability = 0;

    // The end of the text counts as a token, as published.
    double score() const { return log_probability / static_cast<double>(tokens.size() + 1); }
};

struct Candidate {
    int beam;
    int token;
    double log_probability;  // of the whole text
};

class BeamSearch {
  public:
    BeamSearch(const LoadedModel & model, DecoderState & state, TokenSampler & sampler, int width, int budget)
        : model_(model), state_(state), sampler_(sampler), width_(width), budget_(budget) {}

    bool run(const std::vector<float> & first_logits) {
        beams_ = {Beam{}};
        state_.begin_beams(width_);
        std::vector<Candidate> candidates = find_candidates({first_logits.data()});
        while (continue_with(candidates)) {
            std::vector<int> fed;
            for (const Beam & beam : beams_) fed.push_back(beam.tokens.back().id);
            if (!state_.feed_beams(fed)) return false;
            std::vector<const float *> logits;
            for (size_t i = 0; i < beams_.size(); i++) logits.push_back(state_.logits(static_cast<int>(i)));
            candidates = find_candidates(logits);
        }
        return true;
    }

    BeamResult best() const {
        const std::vector<Beam> & all = finished_.empty() ? beams_ : finished_;
        const auto found = std::max_element(all.begin(), all.end(),
                                            [](const Beam & a, const Beam & b) { return a.score() < b.score(); });
        BeamResult result;
        result.is_whole = !finished_.empty();
        for (const Token & token : found->tokens) result.tokens.push_back(token.id);
        return result;
    }

  private:
    // The most probable continuations of all texts, the best one first.
    std::vector<Candidate> find_candidates(const std::vector<const float *> & logits) {
        std::vector<Candidate> all;
        for (size_t beam = 0; beam < beams_.size(); beam++) {
            for (const auto & [token, log_probability] : sampler_.best(logits[beam], beams_[beam].tokens, width_ + 1))
                all.push_back({static_cast<int>(beam), token, beams_[beam].log_probability + log_probability});
        }
        std::stable_sort(all.begin(), all.end(), [](const Candidate & a, const Candidate & b) {
            return a.log_probability > b.log_probability;
        });
        return all;
    }

    // False when the search has ended.
    bool continue_with(const std::vector<Candidate> & candidates) {
        std::vector<Beam> next;
        std::vector<int> parents;
        for (const Candidate & candidate : candidates) {
            Beam beam = beams_[candidate.beam];
            beam.log_probability = candidate.log_probability;
            if (candidate.token == model_.special.end_of_text) {
                finished_.push_back(beam);
            } else {
                Token token;
                token.id = candidate.token;
                token.is_timestamp = token.id >= model_.special.first_timestamp;
                beam.tokens.push_back(token);
                next.push_back(beam);
                parents.push_back(candidate.beam);
            }
            if (static_cast<int>(next.size()) == width_ || static_cast<int>(finished_.size()) >= width_) break;
        }
        if (next.empty() || static_cast<int>(finished_.size()) >= width_) return false;
        beams_ = next;
        const int length = static_cast<int>(beams_[0].tokens.size());
        if (length >= budget_ || state_.position() + length >= model_.dimensions.text_tokens) return false;
        state_.choose_beams(parents);
        return true;
    }

    const LoadedModel & model_;
    DecoderState & state_;
    TokenSampler & sampler_;
    const int width_;
    const int budget_;
    std::vector<Beam> beams_;
    std::vector<Beam> finished_;
};

}  // namespace

bool search_beams(const LoadedModel & model, DecoderState & state, TokenSampler & sampler,
                  const std::vector<float> & first_logits, int beams, int budget, BeamResult & result) {
    BeamSearch search(model, state, sampler, beams, budget);
    if (!search.run(first_logits)) return false;
    result = search.best();
    return true;
}

}  // namespace sotto
