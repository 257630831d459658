// A loaded model. Every running decode takes a state from its pool, so decodes run side by side over one set of
// weights.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decode-control.h"
#include "decode.h"

namespace sotto {

struct ModelInfo {
    std::string type;
    bool is_multilingual = false;
    int vocabulary_size = 0;
    int audio_frames = 0;  // of 20 ms, in the longest window
    int text_tokens = 0;   // longest text, prompt included
    int mel_bands = 0;
    double bytes = 0;  // of the weights, as they are laid out
};

class Model {
  public:
    // Throws std::runtime_error when the file is not a model, and std::bad_alloc.
    static std::shared_ptr<Model> load(const std::string & path);
    ~Model();

    ModelInfo info() const;
    // Runs on the caller's thread; returns early with stop "aborted" once an abort is requested. Throws nothing: the
    // result of a decode that failed holds the failure and is of no use otherwise.
    Decode decode(const std::vector<float> & samples, const DecodeOptions & options, const DecodeControl & control);
    // Logits of the tokens at and behind `first`, [token][vocabulary], over `window` encoded frames. Tokens are fed all
    // at once or, from `first` on, one by one. For tests. Throws std::runtime_error when the decoder fails.
    std::vector<float> compute_logits(const std::vector<float> & samples, int window, const std::vector<int> & tokens,
                                      int first, bool one_by_one);
    // Identifiers of a text's tokens, and of what stands before the first one of an English transcript. For tests.
    std::vector<int> tokenize(const std::string & text) const;
    std::vector<int> transcript_start() const;

  private:
    struct Impl;
    explicit Model(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sotto
