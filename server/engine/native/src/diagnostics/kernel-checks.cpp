#include "kernel-checks.h"

#include "check-data.h"
#include "check-products.h"

namespace sotto {

namespace {

// The least rows that a product of floats takes may stand in a larger matrix; behind them nothing is written.
double check_floats(const KernelSet & set, Random & random) {
    double error = 0;
    for (int columns = 1; columns <= 26; columns++) {
        const int rows = PANEL_ROWS * random.whole(1, 5);
        const int length = columns % 5 == 0 ? random.whole(240, 700) : random.whole(1, 40);
        const int in_stride = columns % 2 == 0 ? length : (length + 1) / 2;  // columns overlap in convolutions
        const int out_stride = rows + random.whole(0, 1);
        const std::vector<float> weights = random.normals(static_cast<size_t>(rows) * length);
        const std::vector<float> in = random.normals(static_cast<size_t>(in_stride) * columns + length);
        Aligned packed(set.float_bytes(rows, length));
        set.pack_floats(weights.data(), rows, length, packed.as<float>());
        std::vector<float> out(static_cast<size_t>(out_stride) * columns + 1, UNTOUCHED);
        set.multiply_floats(packed.as<float>(), rows, length, in.data(), in_stride, columns, out.data(), out_stride);
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                double size = 0;
                for (int i = 0; i < length; i++) {
                    const double product = static_cast<double>(weights[static_cast<size_t>(row) * length + i]) *
                                           in[static_cast<size_t>(column) * in_stride + i];
                    sum += product;
                    size += std::abs(product);
                }
                error = std::max(error, share_of(out[static_cast<size_t>(column) * out_stride + row], sum, size));
            }
            if (out_stride > rows && out[static_cast<size_t>(column) * out_stride + rows] != UNTOUCHED) return NO_LIMIT;
        }
        if (out.back() != UNTOUCHED) return NO_LIMIT;
    }
    return error;
}

// softmax(scale * query · keys) · values; rows are HEAD_VALUES apart.
std::vector<double> attend_plainly(const float * query, double scale, const std::vector<double> & keys,
                                   const std::vector<double> & values, int count) {
    std::vector<double> scores(count);
    for (int key = 0; key < count; key++) {
        for (int i = 0; i < HEAD_VALUES; i++) scores[key] += scale * query[i] * keys[key * HEAD_VALUES + i];
    }
    const double largest = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double & score : scores) sum += score = std::exp(score - largest);
    std::vector<double> out(HEAD_VALUES);
    for (int key = 0; key < count; key++) {
        for (int i = 0; i < HEAD_VALUES; i++) out[i] += scores[key] / sum * values[key * HEAD_VALUES + i];
    }
    return out;
}

double largest_share(const std::vector<double> & expected, const float * found) {
    double error = 0;
    for (int i = 0; i < HEAD_VALUES; i++) error = std::max(error, share_of(found[i], expected[i], 1));
    return error;
}

std::vector<double> rows_of(const std::vector<float> & from, int stride, int count) {
    std::vector<double> out;
    for (int row = 0; row < count; row++) {
        for (int i = 0; i < HEAD_VALUES; i++) out.push_back(from[static_cast<size_t>(row) * stride + i]);
    }
    return out;
}

double check_attention(const KernelSet & set, Random & random) {
    constexpr float SCALE = 0.125f;
    double error = 0;
    for (const int count : {1, 2, 15, 16, 17, 63, 255, 256, 300, 517}) {
        const int stride = HEAD_VALUES * random.whole(1, 3);
        const size_t size = static_cast<size_t>(stride) * (count - 1) + HEAD_VALUES;
        std::vector<float> queries = random.normals(size, 3);
        const std::vector<float> before = queries;
        const std::vector<float> keys = random.normals(size);
        const std::vector<float> values = random.normals(size);
        Aligned scratch(set.attention_scratch(count) * sizeof(float));
        set.pack_head(keys.data(), values.data(), stride, count, scratch.as<float>());
        const int begin = random.whole(0, (count - 1) / set.queries_together) * set.queries_together;
        const int end = random.whole(begin + 1, count);
        set.attend(queries.data(), stride, begin, end, count, SCALE, scratch.as<float>());
        for (int query = 0; query < count; query++) {
            const size_t at = static_cast<size_t>(query) * stride;
            if (query < begin || query >= end) {
                if (!std::equal(&before[at], &before[at] + HEAD_VALUES, &queries[at])) return NO_LIMIT;
                continue;
            }
            error = std::max(error, largest_share(attend_plainly(&before[at], SCALE, rows_of(keys, stride, count),
                                                                 rows_of(values, stride, count), count),
                                                  &queries[at]));
        }
    }
    return error;
}

// Keys and values are cached in two parts, then read by one query.
double check_cached_attention(const KernelSet & set, Random & random) {
    constexpr float SCALE = 0.125f;
    double error = 0;
    for (const int count : {1, 3, 15, 16, 17, 33, 64, 223, 448}) {
        const int stride = HEAD_VALUES * random.whole(1, 2);
        const std::vector<float> keys = random.normals(static_cast<size_t>(stride) * count);
        const std::vector<float> values = random.normals(static_cast<size_t>(stride) * count);
        const int room = (count + KEY_GROUP - 1) / KEY_GROUP * KEY_GROUP;
        Aligned key_cache(static_cast<size_t>(room) * HEAD_VALUES * sizeof(uint16_t));
        Aligned value_cache(static_cast<size_t>(room) * HEAD_VALUES * sizeof(uint16_t));
        const int part = random.whole(0, count);
        for (const auto & [begin, end] : {std::pair{0, part}, std::pair{part, count}}) {
            const size_t from = static_cast<size_t>(begin) * stride;
            set.store_keys(keys.data() + from, stride, begin, end, key_cache.as<uint16_t>());
            set.store_values(values.data() + from, stride, begin, end, value_cache.as<uint16_t>());
        }
        std::vector<double> cached_keys, cached_values;
        for (int position = 0; position < count; position++) {
            for (int i = 0; i < HEAD_VALUES; i++) {
                const int key_at = (position / KEY_GROUP * HEAD_VALUES + i) * KEY_GROUP + position % KEY_GROUP;
                cached_keys.push_back(read_half(key_cache.as<uint16_t>()[key_at]));
                cached_values.push_back(read_half(value_cache.as<uint16_t>()[position * HEAD_VALUES + i]));
                const size_t at = static_cast<size_t>(position) * stride + i;
                constexpr double HALF_STEP = 1.0 / 2048;
                const double lost = std::max(share_of(cached_keys.back(), keys[at], std::abs(keys[at]) + 1e-4),
                                             share_of(cached_values.back(), values[at], std::abs(values[at]) + 1e-4));
                if (lost > HALF_STEP) return NO_LIMIT;
            }
        }
        const std::vector<float> query = random.normals(HEAD_VALUES, 3);
        std::vector<float> probabilities(room);
        std::vector<float> out(HEAD_VALUES + 1, UNTOUCHED);
        set.attend_cached(query.data(), SCALE, key_cache.as<uint16_t>(), value_cache.as<uint16_t>(), count,
                          probabilities.data(), out.data());
        if (out.back() != UNTOUCHED) return NO_LIMIT;
        error = std::max(
            error, largest_share(attend_plainly(query.data(), SCALE, cached_keys, cached_values, count), out.data()));
    }
    return error;
}

double check_normalise(const KernelSet & set, Random & random) {
    double error = 0;
    for (const int length : {16, 32, 384, 512, 1280}) {
        const std::vector<float> in = random.normals(length, 5);
        const std::vector<float> weight = random.normals(length);
        const std::vector<float> bias = random.normals(length);
        std::vector<float> out(length + 1, UNTOUCHED);
        set.normalise(in.data(), weight.data(), bias.data(), length, out.data());
        double mean = 0;
        for (const float value : in) mean += static_cast<double>(value) / length;
        double variance = 0;
        for (const float value : in) variance += (value - mean) * (value - mean) / length;
        for (int i = 0; i < length; i++)
            error = std::max(error, share_of(out[i], (in[i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + bias[i],
                                             std::abs(weight[i]) * 3 + std::abs(bias[i])));
        if (out.back() != UNTOUCHED) return NO_LIMIT;
    }
    return error;
}

double gelu(double x) {
    const double scale = 0.79788456080286535588;  // sqrt(2 / pi)
    return 0.5 * x * (1 + std::tanh(scale * x * (1 + 0.044715 * x * x)));
}

double check_biases(const KernelSet & set, Random & random) {
    double error = 0;
    for (const int length : {16, 64, 1536}) {
        const std::vector<float> bias = random.normals(length);
        std::vector<float> values = random.normals(length, 4);
        values[3] = 500;  // whose exponential is infinite
        values[4] = -500;
        const std::vector<float> before = values;
        std::vector<float> activated = values;
        std::vector<float> residual = random.normals(length);
        const std::vector<float> start = residual;
        set.add_bias(bias.data(), length, values.data());
        set.add_bias_gelu(bias.data(), length, activated.data());
        set.add_residual(bias.data(), length, before.data(), residual.data());
        for (int i = 0; i < length; i++) {
            const double sum = static_cast<double>(before[i]) + bias[i];
            const double size = std::abs(before[i]) + std::abs(bias[i]);
            error = std::max({error, share_of(values[i], sum, size), share_of(activated[i], gelu(sum), size),
                              share_of(residual[i], sum + start[i], size + std::abs(start[i]))});
        }
    }
    return error;
}

double check_exponentials(const KernelSet & set, Random & random) {
    double error = 0;
    for (const int count : {1, 2, 3, 5, 15, 16, 17, 33, 500, 51864}) {
        std::vector<float> in = random.normals(count, 10);
        if (count > 4) in[2] = -1000;
        if (count > 4) in[4] = -HUGE_VALF;
        const float largest = *std::max_element(in.begin(), in.end());
        if (set.largest(count, in.data()) != largest) return NO_LIMIT;
        std::vector<float> out(count + 1, UNTOUCHED);
        const double sum = set.exponentials(count, in.data(), largest, out.data());
        double expected = 0;
        for (int i = 0; i < count; i++) {
            // Of the float that the kernel sees: the difference is rounded.
            const double each = std::exp(static_cast<double>(in[i] - largest));
            expected += each;
            error = std::max(error, share_of(out[i], each, each + 1e-37));
        }
        error = std::max(error, share_of(sum, expected, expected));
        if (out.back() != UNTOUCHED) return NO_LIMIT;
    }
    return error;
}

}  // namespace

std::vector<KernelCheck> check_kernels(const KernelSet & set, const KernelSet & plain) {
    std::vector<KernelCheck> checks = check_byte_products(set, plain);
    Random random(2);
    checks.push_back({"products of floats", check_floats(set, random), 2e-6});
    checks.push_back({"attention", check_attention(set, random), 1e-5});
    checks.push_back({"cached attention", check_cached_attention(set, random), 1e-5});
    checks.push_back({"layer norms", check_normalise(set, random), 1e-6});
    checks.push_back({"biases, gelu, residuals", check_biases(set, random), 1e-6});
    checks.push_back({"exponentials", check_exponentials(set, random), 1e-6});
    return checks;
}

}  // namespace sotto
