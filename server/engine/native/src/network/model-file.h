// A Whisper model in the format of whisper.cpp ("ggml"): a header, the filter bank of the spectrogram, the vocabulary,
// and tensors with names. Nothing of the tensors is read before it is needed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mapped-file.h"

namespace sotto {

struct ModelDimensions {
    int vocabulary = 0;
    int audio_frames = 0;  // of 20 ms, in the longest window
    int audio_width = 0;
    int audio_heads = 0;
    int audio_layers = 0;
    int text_tokens = 0;  // longest text, prompt included
    int text_width = 0;
    int text_heads = 0;
    int text_layers = 0;
    int mel_bands = 0;

    bool is_multilingual() const { return vocabulary >= 51'865; }
};

// One tensor as it lies in the file, which need not be aligned.
struct FileTensor {
    int type = 0;  // ggml's number
    // Values of a row, and rows: the first dimension, and the product of the others.
    int length = 0;
    int rows = 0;
    const char * data = nullptr;
    size_t bytes = 0;
};

class ModelFile {
  public:
    // Throws std::runtime_error when the file is not a model.
    explicit ModelFile(const std::string & path);

    ModelDimensions dimensions;
    // [bands][bins], row by row.
    std::vector<float> filters;
    int filter_bins = 0;
    // Text of each token; the last ones, which files leave out, have names in brackets.
    std::vector<std::string> token_texts;
    std::map<std::string, int> token_ids;

    // Throws std::runtime_error when there is no such tensor, or it has another shape.
    const FileTensor & tensor(const std::string & name, int length, int rows) const;
    // Lets go of the file and its tensors. A mapped file that somebody writes over changes under its readers, and one
    // that is cut ends their process.
    void forget_tensors() {
        tensors_.clear();
        file_.unmap();
    }

  private:
    class Reader;
    void read_header(Reader & reader);
    void read_vocabulary(Reader & reader);
    void read_tensor(Reader & reader);

    MappedFile file_;
    std::map<std::string, FileTensor> tensors_;
};

// Values of the rows from `first` on, as floats. Throws std::runtime_error for a type that is not known.
void read_floats(const FileTensor & tensor, int first, int rows, float * out);

}  // namespace sotto
