#include "kernel-checks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>

#include "ggml-cpu.h"
#include "ggml.h"
#include "kernels/kernels.h"

namespace sotto {

namespace {

using upstream::Q8Block;

constexpr int VALUES = upstream::Q8_VALUES;
constexpr int QUANTIZED_MAX = 127;
constexpr double PI = 3.14159265358979323846;

// A graph of one operation, computed with the selected kernels or with the library's.
class Graph {
  public:
    Graph() {
        ggml_init_params params = {BYTES, nullptr, false};
        context_ = ggml_init(params);
        if (context_ == nullptr) throw std::runtime_error("no memory for the check");
    }
    ~Graph() { ggml_free(context_); }
    Graph(const Graph &) = delete;
    Graph & operator=(const Graph &) = delete;

    ggml_context * context() const { return context_; }

    void run(ggml_tensor * out, int threads, bool use_library) {
        ggml_cgraph * graph = ggml_new_graph(context_);
        ggml_build_forward_expand(graph, out);
        std::memset(out->data, 0xff, ggml_nbytes(out));
        const Kernels * selected = selected_kernels();
        if (use_library) select_kernels(nullptr);
        const ggml_status status = ggml_graph_compute_with_ctx(context_, graph, threads);
        select_kernels(selected);
        if (status != GGML_STATUS_SUCCESS) throw std::runtime_error("the library could not compute it");
    }

    std::vector<float> compute(ggml_tensor * out, int threads, bool use_library) {
        run(out, threads, use_library);
        const float * values = static_cast<const float *>(out->data);
        return std::vector<float>(values, values + ggml_nelements(out));
    }

  private:
    static constexpr size_t BYTES = 256 * 1024 * 1024;
    ggml_context * context_;
};

// Blocks of several kinds: plain, all extremes, a scale of 0, a denormal scale, one extreme among zeros.
void fill_blocks(Q8Block * blocks, size_t count, std::mt19937 & random) {
    std::uniform_int_distribution<int> byte(-QUANTIZED_MAX, QUANTIZED_MAX);
    for (size_t i = 0; i < count; i++) {
        const int kind = static_cast<int>(random() % 10);
        blocks[i].scale = ggml_fp32_to_fp16(static_cast<float>(random() % 1000 + 1) / 1e5f);
        if (kind == 0) blocks[i].scale = 0;
        if (kind == 1) blocks[i].scale = static_cast<ggml_fp16_t>(random() % 0x3ff + 1);
        for (int value = 0; value < VALUES; value++) {
            int each = byte(random);
            if (kind == 2 || kind == 3) each = (kind == 2 || random() % 2 == 0) ? QUANTIZED_MAX : -QUANTIZED_MAX;
            if (kind == 4) each = value == 7 ? -QUANTIZED_MAX : 0;
            blocks[i].values[value] = static_cast<int8_t>(each);
        }
    }
}

void fill_floats(float * values, size_t count, std::mt19937 & random) {
    std::normal_distribution<float> normal(0, 1);
    for (size_t from = 0; from < count; from += VALUES) {
        const int kind = static_cast<int>(random() % 8);
        for (size_t i = from; i < std::min(count, from + VALUES); i++) {
            values[i] = normal(random);
            if (kind == 0) values[i] = 0;
            if (kind == 1) values[i] *= 1e-5f;  // whose scale is a denormal half
            if (kind == 2) values[i] = random() % 2 == 0 ? 3.0f : -3.0f;
        }
    }
}

// What plain loops in double precision compute.
struct Reference {
    std::vector<double> values;
    std::vector<double> sizes;  // sums of the absolute products, of which an error is a share
};

Reference multiply_plainly(const ggml_tensor & weights, const ggml_tensor & tokens, const ProductShape & shape) {
    const ggml_type type = weights.type;
    const ggml_type with = ggml_get_type_traits_cpu(type)->vec_dot_type;
    const auto read = [&](ggml_type from, const void * row, std::vector<float> & out) {
        out.resize(shape.length);
        if (from == GGML_TYPE_F32) std::memcpy(out.data(), row, out.size() * sizeof(float));
        else ggml_get_type_traits(from)->to_float(row, out.data(), shape.length);
    };
    Reference sums = {std::vector<double>(static_cast<size_t>(shape.rows) * shape.columns), {}};
    sums.sizes = sums.values;
    std::vector<char> quantized(ggml_row_size(with, shape.length));
    std::vector<float> row, column;
    for (int c = 0; c < shape.columns; c++) {
        const float * from = reinterpret_cast<const float *>(static_cast<const char *>(tokens.data) + c * tokens.nb[1]);
        if (with == GGML_TYPE_F32) std::memcpy(quantized.data(), from, quantized.size());
        else ggml_get_type_traits_cpu(with)->from_float(from, quantized.data(), shape.length);
        read(with, quantized.data(), column);
        for (int r = 0; r < shape.rows; r++) {
            read(type, static_cast<const char *>(weights.data) + r * weights.nb[1], row);
            const size_t at = static_cast<size_t>(c) * shape.rows + r;
            for (int i = 0; i < shape.length; i++) {
                const double product = static_cast<double>(row[i]) * column[i];
                sums.values[at] += product;
                sums.sizes[at] += std::abs(product);
            }
        }
    }
    return sums;
}

// Infinite for a result that is no number, or that should be 0 and is not.
double largest_error(const std::vector<double> & expected, const std::vector<double> & sizes,
                     const std::vector<float> & found) {
    double largest = 0;
    for (size_t i = 0; i < expected.size(); i++) {
        const double error = std::abs(static_cast<double>(found[i]) - expected[i]);
        const double share = error == 0 ? 0 : error / sizes[i];
        largest = std::isfinite(share) ? std::max(largest, share) : HUGE_VAL;
    }
    return largest;
}

KernelErrors compare(const Reference & sums, const std::vector<float> & own, const std::vector<float> & library) {
    KernelErrors errors;
    errors.plain = largest_error(sums.values, sums.sizes, own);
    errors.library_plain = largest_error(sums.values, sums.sizes, library);
    errors.library = largest_error(std::vector<double>(library.begin(), library.end()), sums.sizes, own);
    return errors;
}

}  // namespace

KernelErrors check_product(const ProductShape & shape) {
    const ggml_type type = shape.type == "q8_0"  ? GGML_TYPE_Q8_0
                           : shape.type == "f16" ? GGML_TYPE_F16
                                                 : GGML_TYPE_COUNT;
    if (type == GGML_TYPE_COUNT) throw std::runtime_error("only q8_0 and f16 are checked");
    if (shape.rows < 1 || shape.columns < 1 || shape.length < 1 || shape.length % ggml_blck_size(type) != 0)
        throw std::runtime_error("rows and columns begin at 1, and the length is whole blocks");
    Graph graph;
    ggml_tensor * weights = ggml_new_tensor_2d(graph.context(), type, shape.length, shape.rows);
    ggml_tensor * tokens = ggml_new_tensor_2d(graph.context(), GGML_TYPE_F32, shape.length, shape.columns);
    std::mt19937 random(shape.seed);
    if (type == GGML_TYPE_Q8_0) {
        fill_blocks(static_cast<Q8Block *>(weights->data), ggml_nbytes(weights) / sizeof(Q8Block), random);
    } else {
        std::vector<float> values(ggml_nelements(weights));
        fill_floats(values.data(), values.size(), random);
        ggml_fp32_to_fp16_row(values.data(), static_cast<ggml_fp16_t *>(weights->data), ggml_nelements(weights));
    }
    fill_floats(static_cast<float *>(tokens->data), ggml_nelements(tokens), random);
    ggml_tensor * out = ggml_mul_mat(graph.context(), weights, tokens);
    const std::vector<float> own = graph.compute(out, shape.threads, false);
    return compare(multiply_plainly(*weights, *tokens, shape), own, graph.compute(out, shape.threads, true));
}

namespace {

constexpr int HEAD = 64;

Reference attend_plainly(const ggml_tensor & q, const ggml_tensor & k, const ggml_tensor & v, float scale) {
    const int queries = static_cast<int>(q.ne[1]);
    const int keys = static_cast<int>(k.ne[1]);
    const int heads = static_cast<int>(q.ne[2]);
    const auto half = [](const ggml_tensor & tensor, size_t at) {
        return ggml_fp16_to_fp32(static_cast<const ggml_fp16_t *>(tensor.data)[at]);
    };
    Reference sums = {std::vector<double>(ggml_nelements(&q)), std::vector<double>(ggml_nelements(&q), 1.0)};
    std::vector<double> weights(keys);
    for (int head = 0; head < heads; head++) {
        const size_t first_key = static_cast<size_t>(head) * keys;
        for (int query = 0; query < queries; query++) {
            const float * row =
                static_cast<const float *>(q.data) + (static_cast<size_t>(head) * queries + query) * HEAD;
            double sum = 0;
            for (int key = 0; key < keys; key++) {
                double score = 0;
                for (int i = 0; i < HEAD; i++)
                    score += static_cast<double>(row[i]) * half(k, (first_key + key) * HEAD + i);
                sum += weights[key] = std::exp(score * scale);
            }
            double * out = &sums.values[(static_cast<size_t>(query) * heads + head) * HEAD];
            for (int key = 0; key < keys; key++) {
                for (int i = 0; i < HEAD; i++) out[i] += weights[key] / sum * half(v, (first_key + key) * HEAD + i);
            }
        }
    }
    return sums;
}

}  // namespace

KernelErrors check_attention(const AttentionShape & shape) {
    if (shape.queries < 1 || shape.keys < 1 || shape.heads < 1) throw std::runtime_error("counts begin at 1");
    Graph graph;
    std::mt19937 random(shape.seed);
    std::normal_distribution<float> normal(0, 1);
    const auto make = [&](ggml_type type, int rows) {
        ggml_tensor * tensor = ggml_new_tensor_3d(graph.context(), type, HEAD, rows, shape.heads);
        for (int64_t i = 0; i < ggml_nelements(tensor); i++) {
            const float value = normal(random);
            if (type == GGML_TYPE_F32) static_cast<float *>(tensor->data)[i] = value;
            else static_cast<ggml_fp16_t *>(tensor->data)[i] = ggml_fp32_to_fp16(value);
        }
        return tensor;
    };
    ggml_tensor * q = make(GGML_TYPE_F32, shape.queries);
    ggml_tensor * k = make(GGML_TYPE_F16, shape.keys);
    ggml_tensor * v = make(GGML_TYPE_F16, shape.keys);
    const float scale = 1.0f / std::sqrt(static_cast<float>(HEAD));
    ggml_tensor * out = ggml_flash_attn_ext(graph.context(), q, k, v, nullptr, scale, 0.0f, 0.0f);
    const std::vector<float> own = graph.compute(out, shape.threads, false);
    return compare(attend_plainly(*q, *k, *v, scale), own, graph.compute(out, shape.threads, true));
}

KernelErrors check_gelu(int count, int threads, uint32_t seed) {
    if (count < 1) throw std::runtime_error("counts begin at 1");
    Graph graph;
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 4);
    ggml_tensor * in = ggml_new_tensor_1d(graph.context(), GGML_TYPE_F32, count);
    Reference expected = {std::vector<double>(count), std::vector<double>(count)};
    for (int i = 0; i < count; i++) {
        // Among them values so large that the exponential overflows.
        const float value = i % 17 == 16 ? normal(random) * 100 : normal(random);
        static_cast<float *>(in->data)[i] = value;
        const double x = value;
        expected.values[i] = 0.5 * x * (1 + std::tanh(std::sqrt(2 / PI) * x * (1 + 0.044715 * x * x)));
        expected.sizes[i] = std::abs(x);
    }
    ggml_tensor * out = ggml_gelu(graph.context(), in);
    const std::vector<float> own = graph.compute(out, threads, false);
    return compare(expected, own, graph.compute(out, threads, true));
}

bool check_im2col(int length, int channels, int stride, int threads, uint32_t seed) {
    constexpr int WIDTH = 3;
    Graph graph;
    std::mt19937 random(seed);
    ggml_tensor * kernel = ggml_new_tensor_3d(graph.context(), GGML_TYPE_F16, WIDTH, channels, 1);
    ggml_tensor * in = ggml_new_tensor_2d(graph.context(), GGML_TYPE_F32, length, channels);
    fill_floats(static_cast<float *>(in->data), ggml_nelements(in), random);
    ggml_tensor * out = ggml_im2col(graph.context(), kernel, in, stride, 0, WIDTH / 2, 0, 1, 0, false, GGML_TYPE_F16);
    const auto compute = [&](bool use_library) {
        graph.run(out, threads, use_library);
        const ggml_fp16_t * values = static_cast<const ggml_fp16_t *>(out->data);
        return std::vector<ggml_fp16_t>(values, values + ggml_nelements(out));
    };
    return compute(false) == compute(true);
}

}  // namespace sotto
