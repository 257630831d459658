#include "selftest.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>

#include "ggml-cpu.h"
#include "ggml.h"
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sotto {

namespace {

constexpr int VALUES = 32;  // of one scale
constexpr int QUANTISED_MAX = 127;

struct Block {
    ggml_fp16_t scale;
    int8_t values[VALUES];
};

// One operation's memory: a graph of one node, computed as often as asked.
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

    void run(ggml_tensor * out, int threads, bool library) {
        ggml_cgraph * graph = ggml_new_graph(context_);
        ggml_build_forward_expand(graph, out);
        std::memset(out->data, 0xff, ggml_nbytes(out));
        sotto_only_library = library;
        const ggml_status status = ggml_graph_compute_with_ctx(context_, graph, threads);
        sotto_only_library = false;
        if (status != GGML_STATUS_SUCCESS) throw std::runtime_error("the library could not compute it");
    }

    std::vector<float> compute(ggml_tensor * out, int threads, bool library) {
        run(out, threads, library);
        const float * values = static_cast<const float *>(out->data);
        return std::vector<float>(values, values + ggml_nelements(out));
    }

  private:
    static constexpr size_t BYTES = 256 * 1024 * 1024;
    ggml_context * context_;
};

// Every kind of block in turn: plain, all extremes, nothing, a denormal scale, one extreme among zeros.
void fill_blocks(Block * blocks, size_t count, std::mt19937 & random) {
    std::uniform_int_distribution<int> byte(-QUANTISED_MAX, QUANTISED_MAX);
    for (size_t i = 0; i < count; i++) {
        const int kind = static_cast<int>(random() % 10);
        blocks[i].scale = ggml_fp32_to_fp16(static_cast<float>(random() % 1000 + 1) / 1e5f);
        if (kind == 0) blocks[i].scale = 0;
        if (kind == 1) blocks[i].scale = static_cast<ggml_fp16_t>(random() % 0x3ff + 1);
        for (int value = 0; value < VALUES; value++) {
            int each = byte(random);
            if (kind == 2 || kind == 3) each = (kind == 2 || random() % 2 == 0) ? QUANTISED_MAX : -QUANTISED_MAX;
            if (kind == 4) each = value == 7 ? -QUANTISED_MAX : 0;
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

struct Sums {
    std::vector<double> values;
    std::vector<double> sizes;  // of the absolute products
};

Sums multiply_plainly(const ggml_tensor & weights, const ggml_tensor & tokens, const ProductShape & shape) {
    const ggml_type type = weights.type;
    const ggml_type with = ggml_get_type_traits_cpu(type)->vec_dot_type;
    const auto read = [&](ggml_type from, const void * row, std::vector<float> & out) {
        out.resize(shape.length);
        if (from == GGML_TYPE_F32) std::memcpy(out.data(), row, out.size() * sizeof(float));
        else ggml_get_type_traits(from)->to_float(row, out.data(), shape.length);
    };
    Sums sums = {std::vector<double>(static_cast<size_t>(shape.rows) * shape.columns), {}};
    sums.sizes = sums.values;
    std::vector<char> quantised(ggml_row_size(with, shape.length));
    std::vector<float> row, column;
    for (int c = 0; c < shape.columns; c++) {
        const float * from = reinterpret_cast<const float *>(static_cast<const char *>(tokens.data) + c * tokens.nb[1]);
        if (with == GGML_TYPE_F32) std::memcpy(quantised.data(), from, quantised.size());
        else ggml_get_type_traits_cpu(with)->from_float(from, quantised.data(), shape.length);
        read(with, quantised.data(), column);
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

// Infinite for a result that is no number, or that should be nothing and is not.
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

ProductErrors compare(const Sums & sums, const std::vector<float> & own, const std::vector<float> & library) {
    ProductErrors errors;
    errors.plain = largest_error(sums.values, sums.sizes, own);
    errors.library_plain = largest_error(sums.values, sums.sizes, library);
    errors.library = largest_error(std::vector<double>(library.begin(), library.end()), sums.sizes, own);
    return errors;
}

}  // namespace

ProductErrors check_product(const ProductShape & shape) {
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
        fill_blocks(static_cast<Block *>(weights->data), ggml_nbytes(weights) / sizeof(Block), random);
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

ProductErrors check_attention(int frames, int seen, int heads, int threads, uint32_t seed) {
    constexpr int HEAD = 64;
    Graph graph;
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 1);
    const auto make = [&](ggml_type type, int rows) {
        ggml_tensor * tensor = ggml_new_tensor_3d(graph.context(), type, HEAD, rows, heads);
        for (int64_t i = 0; i < ggml_nelements(tensor); i++) {
            const float value = normal(random);
            if (type == GGML_TYPE_F32) static_cast<float *>(tensor->data)[i] = value;
            else static_cast<ggml_fp16_t *>(tensor->data)[i] = ggml_fp32_to_fp16(value);
        }
        return tensor;
    };
    const ggml_tensor * q = make(GGML_TYPE_F32, frames);
    const ggml_tensor * k = make(GGML_TYPE_F16, seen);
    const ggml_tensor * v = make(GGML_TYPE_F16, seen);
    const float scale = 1.0f / std::sqrt(static_cast<float>(HEAD));
    ggml_tensor * out = ggml_flash_attn_ext(graph.context(), const_cast<ggml_tensor *>(q), const_cast<ggml_tensor *>(k),
                                            const_cast<ggml_tensor *>(v), nullptr, scale, 0.0f, 0.0f);
    const std::vector<float> own = graph.compute(out, threads, false);
    const std::vector<float> library = graph.compute(out, threads, true);
    const auto half = [](const ggml_tensor * tensor, size_t at) {
        return ggml_fp16_to_fp32(static_cast<const ggml_fp16_t *>(tensor->data)[at]);
    };
    Sums sums = {std::vector<double>(own.size()), std::vector<double>(own.size(), 1.0)};
    std::vector<double> weights(seen);
    for (int head = 0; head < heads; head++) {
        for (int frame = 0; frame < frames; frame++) {
            const float * query =
                static_cast<const float *>(q->data) + (static_cast<size_t>(head) * frames + frame) * HEAD;
            double sum = 0;
            for (int s = 0; s < seen; s++) {
                double score = 0;
                for (int i = 0; i < HEAD; i++)
                    score += static_cast<double>(query[i]) * half(k, (static_cast<size_t>(head) * seen + s) * HEAD + i);
                sum += weights[s] = std::exp(score * scale);
            }
            for (int s = 0; s < seen; s++) {
                for (int i = 0; i < HEAD; i++)
                    sums.values[(static_cast<size_t>(frame) * heads + head) * HEAD + i] +=
                        weights[s] / sum * half(v, (static_cast<size_t>(head) * seen + s) * HEAD + i);
            }
        }
    }
    return compare(sums, own, library);
}

bool check_windows(int length, int channels, int stride, int threads, uint32_t seed) {
    constexpr int WIDTH = 3;
    Graph graph;
    std::mt19937 random(seed);
    ggml_tensor * kernel = ggml_new_tensor_3d(graph.context(), GGML_TYPE_F16, WIDTH, channels, 1);
    ggml_tensor * in = ggml_new_tensor_2d(graph.context(), GGML_TYPE_F32, length, channels);
    fill_floats(static_cast<float *>(in->data), ggml_nelements(in), random);
    ggml_tensor * out = ggml_im2col(graph.context(), kernel, in, stride, 0, WIDTH / 2, 0, 1, 0, false, GGML_TYPE_F16);
    const auto compute = [&](bool library) {
        graph.run(out, threads, library);
        const ggml_fp16_t * values = static_cast<const ggml_fp16_t *>(out->data);
        return std::vector<ggml_fp16_t>(values, values + ggml_nelements(out));
    };
    return compute(false) == compute(true);
}

#if defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__)
namespace {

constexpr int CHAINS = 10;  // more than the processor needs to hide the latency of each
constexpr int ROUNDS = 400'000;
constexpr int TRIES = 5;

double seconds() {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Billions a second, `each` at a step of each chain. The best of a few tries: other work only makes it slower.
template <typename Vector, typename Step> double peak_of(int each, Vector zero, Step step) {
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        Vector chains[CHAINS];
#pragma GCC unroll 10
        for (int chain = 0; chain < CHAINS; chain++) chains[chain] = zero;
        const double start = seconds();
        for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 10
            for (int chain = 0; chain < CHAINS; chain++) chains[chain] = step(chains[chain]);
        }
        best = std::max(best, static_cast<double>(each) * CHAINS * ROUNDS / (seconds() - start) / 1e9);
    }
    return best;
}

double read_peak() {
    constexpr size_t BYTES = 128 * 1024 * 1024;
    constexpr size_t STREAMS = 4;
    constexpr size_t LINE = 64;
    const std::vector<char> memory(BYTES, 1);
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        const double start = seconds();
        for (size_t at = 0; at < BYTES / STREAMS; at += LINE) {
            for (size_t stream = 0; stream < STREAMS; stream++) {
                const __m256i value =
                    _mm256_loadu_si256(reinterpret_cast<const __m256i *>(&memory[stream * (BYTES / STREAMS) + at]));
                asm volatile("" : : "x"(value));
            }
        }
        best = std::max(best, BYTES / (seconds() - start) / 1e9);
    }
    return best;
}

}  // namespace

// Written as instructions: a compiler would compute what does not change only once.
Peaks measure_peaks() {
    Peaks peaks;
#if defined(__AVX512F__) && defined(__AVX512VNNI__)
    const __m512i wide = _mm512_set1_epi8(3);
    peaks.bytes = peak_of(64, _mm512_setzero_si512(), [&](__m512i sum) {
        asm volatile("vpdpbusd %1, %1, %0" : "+v"(sum) : "v"(wide));
        return sum;
    });
    const __m512 factor = _mm512_set1_ps(1e-3f);
    peaks.floats = peak_of(16, _mm512_setzero_ps(), [&](__m512 sum) {
        asm volatile("vfmadd231ps %1, %1, %0" : "+v"(sum) : "v"(factor));
        return sum;
    });
#else
    const __m256i bytes = _mm256_set1_epi8(3);
    const __m256i ones = _mm256_set1_epi16(1);
    peaks.bytes = peak_of(32, _mm256_setzero_si256(), [&](__m256i sum) {
        __m256i product;
        asm volatile("vpmaddubsw %2, %2, %1\n\tvpmaddwd %3, %1, %1\n\tvpaddd %1, %0, %0"
                     : "+x"(sum), "=&x"(product)
                     : "x"(bytes), "x"(ones));
        return sum;
    });
    const __m256 factor = _mm256_set1_ps(1e-3f);
    peaks.floats = peak_of(8, _mm256_setzero_ps(), [&](__m256 sum) {
        asm volatile("vfmadd231ps %1, %1, %0" : "+x"(sum) : "x"(factor));
        return sum;
    });
#endif
    peaks.read = read_peak();
    return peaks;
}
#else
Peaks measure_peaks() { return {}; }
#endif

}  // namespace sotto
