#include "model-file.h"

#include <cstring>
#include <stdexcept>

#include "ggml.h"

namespace sotto {

namespace {

constexpr uint32_t MAGIC = 0x67676d6c;
constexpr int DIMENSIONS_MAX = 4;
constexpr int NAME_BYTES_MAX = 256;
// The widest published model has 1,280 values, and no dimension of any is near this.
constexpr int DIMENSION_MAX = 1 << 20;
constexpr int LAYERS_MAX = 256;

[[noreturn]] void reject(const std::string & problem) { throw std::runtime_error(problem); }

}  // namespace

// Reads values one after the other, and nothing behind the end.
class ModelFile::Reader {
  public:
    Reader(const char * from, size_t bytes) : at_(from), end_(from + bytes) {}

    bool is_at_end() const { return at_ == end_; }

    const char * take(size_t bytes) {
        if (static_cast<size_t>(end_ - at_) < bytes) reject("the file is too short");
        const char * const here = at_;
        at_ += bytes;
        return here;
    }

    int32_t integer() {
        int32_t value;
        std::memcpy(&value, take(sizeof(value)), sizeof(value));
        return value;
    }

    int integer(int least, int most, const char * what) {
        const int32_t value = integer();
        if (value < least || value > most) reject(std::string(what) + " is " + std::to_string(value));
        return value;
    }

  private:
    const char * at_;
    const char * end_;
};

ModelFile::ModelFile(const std::string & path) : file_(path) {
    Reader reader(file_.data(), file_.size());
    read_header(reader);
    read_vocabulary(reader);
    while (!reader.is_at_end()) read_tensor(reader);
}

void ModelFile::read_header(Reader & reader) {
    if (static_cast<uint32_t>(reader.integer()) != MAGIC) reject("it does not begin like a model");
    ModelDimensions & d = dimensions;
    d.vocabulary = reader.integer(51'864, 51'866, "its vocabulary");
    d.audio_frames = reader.integer(1, DIMENSION_MAX, "its window");
    d.audio_width = reader.integer(1, DIMENSION_MAX, "the width of its encoder");
    d.audio_heads = reader.integer(1, DIMENSION_MAX, "the number of its encoder's heads");
    d.audio_layers = reader.integer(1, LAYERS_MAX, "the number of its encoder's layers");
    d.text_tokens = reader.integer(1, DIMENSION_MAX, "the length of its text");
    d.text_width = reader.integer(1, DIMENSION_MAX, "the width of its decoder");
    d.text_heads = reader.integer(1, DIMENSION_MAX, "the number of its decoder's heads");
    d.text_layers = reader.integer(1, LAYERS_MAX, "the number of its decoder's layers");
    d.mel_bands = reader.integer(1, DIMENSION_MAX, "the number of its bands");
    reader.integer();  // the type of most tensors, which each states itself
    if (d.audio_width != d.text_width) reject("its encoder and its decoder are not of one width");
    const int bands = reader.integer(1, DIMENSION_MAX, "the number of its filters");
    if (bands != d.mel_bands) reject("its filter bank does not fit its encoder");
    filter_bins = reader.integer(1, 4096, "the width of its filter bank");
    filters.resize(static_cast<size_t>(bands) * filter_bins);
    std::memcpy(filters.data(), reader.take(filters.size() * sizeof(float)), filters.size() * sizeof(float));
}

void ModelFile::read_vocabulary(Reader & reader) {
    const int count = reader.integer(0, dimensions.vocabulary, "its vocabulary");
    for (int id = 0; id < count; id++) {
        const int bytes = reader.integer(0, 1 << 16, "the length of a token");
        token_texts.emplace_back(reader.take(bytes), bytes);
    }
    // None of them is ever shown; a name keeps them apart from text.
    for (int id = count; id < dimensions.vocabulary; id++) token_texts.push_back("[_" + std::to_string(id) + "_]");
    for (int id = 0; id < dimensions.vocabulary; id++) token_ids[token_texts[id]] = id;
}

void ModelFile::read_tensor(Reader & reader) {
    const int count = reader.integer(1, DIMENSIONS_MAX, "the number of a tensor's dimensions");
    const int name_bytes = reader.integer(1, NAME_BYTES_MAX, "the length of a tensor's name");
    FileTensor tensor;
    tensor.type = reader.integer(0, GGML_TYPE_COUNT - 1, "the type of a tensor");
    tensor.length = reader.integer(1, DIMENSION_MAX, "a dimension");
    int64_t rows = 1;
    for (int i = 1; i < count; i++) rows *= reader.integer(1, DIMENSION_MAX, "a dimension");
    if (rows > DIMENSION_MAX * 64) reject("a tensor is too large");
    tensor.rows = static_cast<int>(rows);
    const std::string name(reader.take(name_bytes), name_bytes);
    const auto type = static_cast<ggml_type>(tensor.type);
    const int64_t block = ggml_blck_size(type);
    if (block < 1 || tensor.length % block != 0) reject("the rows of " + name + " are no whole blocks");
    tensor.bytes = static_cast<size_t>(rows) * ggml_row_size(type, tensor.length);
    tensor.data = reader.take(tensor.bytes);
    tensors_[name] = tensor;
}

const FileTensor & ModelFile::tensor(const std::string & name, int length, int rows) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) reject("it has no " + name);
    const FileTensor & tensor = found->second;
    if (tensor.length != length || tensor.rows != rows) reject(name + " has another shape");
    return tensor;
}

void read_floats(const FileTensor & tensor, int first, int rows, float * out) {
    const auto type = static_cast<ggml_type>(tensor.type);
    const size_t row_bytes = ggml_row_size(type, tensor.length);
    const char * const from = tensor.data + first * row_bytes;
    if (type == GGML_TYPE_F32) {
        std::memcpy(out, from, rows * row_bytes);
        return;
    }
    const ggml_to_float_t to_float = ggml_get_type_traits(type)->to_float;
    if (to_float == nullptr) reject(std::string("tensors of type ") + ggml_type_name(type) + " cannot be read");
    // Rows lie anywhere in the file; the library reads numbers of several bytes.
    std::vector<uint64_t> aligned((row_bytes + 7) / 8);
    for (int row = 0; row < rows; row++) {
        std::memcpy(aligned.data(), from + row * row_bytes, row_bytes);
        to_float(aligned.data(), out + static_cast<int64_t>(row) * tensor.length, tensor.length);
    }
}

}  // namespace sotto
