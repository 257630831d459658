#include "check-products.h"

#include "check-data.h"

namespace sotto {

namespace {

constexpr int QUANTISED_MAX = 127;

// Which rows and columns of a product are computed, and of how many blocks.
struct Shape {
    int panels = 1;
    int first = 0;
    int columns = 1;
    int begin = 0;
    int blocks = 1;
    int rows() const { return panels * PANEL_ROWS; }
    int length() const { return blocks * BLOCK_VALUES; }
};

// Blocks of weights: any bytes, only the largest, one among zeros, and scales of 0 and of denormal halves.
std::vector<Q8Block> random_weights(const Shape & shape, Random & random) {
    std::vector<Q8Block> out(static_cast<size_t>(shape.rows()) * shape.blocks);
    for (Q8Block & block : out) {
        const int kind = random.whole(0, 9);
        block.scale = static_cast<uint16_t>(random.whole(0x1000, 0x2fff));
        if (kind == 0) block.scale = 0;
        if (kind == 1) block.scale = static_cast<uint16_t>(random.whole(1, 0x3ff));
        for (int i = 0; i < BLOCK_VALUES; i++) {
            int value = random.whole(-QUANTISED_MAX, QUANTISED_MAX);
            if (kind == 2) value = QUANTISED_MAX;
            if (kind == 3) value = random.whole(0, 1) == 0 ? QUANTISED_MAX : -QUANTISED_MAX;
            if (kind == 4) value = i == 7 ? -QUANTISED_MAX : 0;
            block.values[i] = static_cast<int8_t>(value);
        }
    }
    return out;
}

// Activations that quantising to bytes does not change: whole multiples of a power of two, of which the largest is 127.
std::vector<float> representable_columns(const Shape & shape, Random & random) {
    std::vector<float> out(static_cast<size_t>(shape.columns) * shape.length());
    for (size_t from = 0; from < out.size(); from += BLOCK_VALUES) {
        const int kind = random.whole(0, 5);
        const float scale = std::ldexp(1.0f, random.whole(-8, 2));
        for (int i = 0; i < BLOCK_VALUES; i++) {
            int value = random.whole(-QUANTISED_MAX, QUANTISED_MAX);
            if (kind == 0) value = 0;
            if (kind == 1) value = random.whole(0, 1) == 0 ? QUANTISED_MAX : -QUANTISED_MAX;
            if (kind > 0 && i == 3) value = -QUANTISED_MAX;
            out[from + i] = scale * static_cast<float>(value);
        }
    }
    return out;
}

std::vector<float> multiply(const ProductKernels & kernels, const Shape & shape, const std::vector<Q8Block> & weights,
                            const std::vector<float> & columns) {
    const size_t bytes = kernels.panel_bytes(shape.blocks);
    Aligned panels(bytes * shape.panels);
    for (int panel = 0; panel < shape.panels; panel++)
        kernels.pack_panel(weights.data() + static_cast<size_t>(panel) * PANEL_ROWS * shape.blocks, shape.blocks,
                           shape.blocks, panels.as<char>() + panel * bytes);
    Aligned activations(kernels.activation_bytes(shape.columns, shape.blocks));
    // In two parts, as threads do it.
    const int half = shape.columns / 2 / kernels.columns_together * kernels.columns_together;
    for (const auto & [begin, end] : {std::pair{0, half}, std::pair{half, shape.columns}})
        kernels.quantise(columns.data(), shape.length(), begin, end, shape.blocks, activations.as<void>());
    std::vector<float> out(static_cast<size_t>(shape.columns) * (shape.rows() + 1), UNTOUCHED);
    kernels.multiply(panels.as<void>(), shape.first, shape.panels, activations.as<void>(), shape.begin, shape.columns,
                     shape.blocks, out.data(), shape.rows() + 1);
    return out;
}

// The largest error of `found`, as a share of what `size(block, row, column)` says may be lost for each block.
template <typename Size> double compare(const Shape & shape, const std::vector<Q8Block> & weights,
                                        const std::vector<float> & columns, const std::vector<float> & found,
                                        Size size) {
    double error = 0;
    for (int column = 0; column < shape.columns; column++) {
        const float * const values = columns.data() + static_cast<size_t>(column) * shape.length();
        for (int row = 0; row <= shape.rows(); row++) {
            const float at = found[static_cast<size_t>(column) * (shape.rows() + 1) + row];
            if (column < shape.begin || row < shape.first * PANEL_ROWS || row == shape.rows()) {
                if (at != UNTOUCHED) return NO_LIMIT;
                continue;
            }
            double sum = 0;
            double most = 0;
            for (int block = 0; block < shape.blocks; block++) {
                const Q8Block & from = weights[static_cast<size_t>(row) * shape.blocks + block];
                const float * const factors = values + static_cast<size_t>(block) * BLOCK_VALUES;
                for (int i = 0; i < BLOCK_VALUES; i++) sum += read_half(from.scale) * from.values[i] * factors[i];
                most += size(from, factors);
            }
            error = std::max(error, share_of(at, sum, most));
        }
    }
    return error;
}

double size_of_products(const Q8Block & block, const float * factors) {
    double sum = 0;
    for (int i = 0; i < BLOCK_VALUES; i++) sum += std::abs(read_half(block.scale) * block.values[i] * factors[i]);
    return sum;
}

// What rounding activations to whole multiples of their 127th part may change at most.
double size_of_rounding(const Q8Block & block, const float * factors) {
    double largest = 0;
    double sum = 0;
    for (int i = 0; i < BLOCK_VALUES; i++) {
        largest = std::max(largest, static_cast<double>(std::abs(factors[i])));
        sum += std::abs(read_half(block.scale) * block.values[i]);
    }
    return sum * largest / QUANTISED_MAX / 2;
}

double difference(const std::vector<float> & found, const std::vector<float> & expected) {
    double largest = 0;
    double error = 0;
    for (size_t i = 0; i < found.size(); i++) {
        if (expected[i] == UNTOUCHED) continue;
        largest = std::max(largest, static_cast<double>(std::abs(expected[i])));
        error = std::max(error, share_of(found[i], expected[i], 1));
    }
    return error == 0 ? 0 : error / largest;
}

struct ProductErrors {
    double exact = 0;
    double rounded = 0;
    double plain = 0;
};

void check_shape(const ProductKernels & kernels, const ProductKernels & plain, const Shape & shape, bool has_7_bits,
                 Random & random, ProductErrors & errors) {
    const std::vector<Q8Block> weights = random_weights(shape, random);
    const std::vector<float> exact = representable_columns(shape, random);
    errors.exact = std::max(errors.exact, compare(shape, weights, exact, multiply(kernels, shape, weights, exact),
                                                  has_7_bits ? size_of_rounding : size_of_products));
    const std::vector<float> any = random.normals(exact.size());
    const std::vector<float> found = multiply(kernels, shape, weights, any);
    errors.rounded = std::max(errors.rounded, compare(shape, weights, any, found, size_of_rounding));
    Shape all = shape;
    all.begin = shape.begin / plain.columns_together * plain.columns_together;
    std::vector<float> expected = multiply(plain, all, weights, any);
    std::fill_n(expected.begin(), static_cast<size_t>(shape.begin) * (shape.rows() + 1), UNTOUCHED);
    errors.plain = std::max(errors.plain, difference(found, expected));
}

ProductErrors check_products(const ProductKernels & kernels, const ProductKernels & plain, int most_columns,
                             bool has_7_bits, Random & random) {
    ProductErrors errors;
    for (int columns = 1; columns <= most_columns; columns++) {
        for (const int panels : {1, 2, 3, 5, random.whole(6, 13)}) {
            Shape shape;
            shape.panels = panels;
            shape.first = random.whole(0, panels - 1);
            shape.columns = columns;
            shape.begin = random.whole(0, columns - 1) / kernels.columns_together * kernels.columns_together;
            shape.blocks = random.whole(1, 12);
            check_shape(kernels, plain, shape, has_7_bits, random, errors);
        }
    }
    for (const int blocks : {16, 48, 64, 160})
        check_shape(kernels, plain, {2, 0, 3, 0, blocks}, has_7_bits, random, errors);
    return errors;
}

}  // namespace

std::vector<KernelCheck> check_byte_products(const KernelSet & set, const KernelSet & plain) {
    // Sums of floats, up to 160 of them.
    constexpr double EXACT = 2e-6;
    // AVX2 rounds many columns to 7 bits, twice the error, and makes weights smaller that would overflow.
    constexpr double ROUNDING_7_BITS = 4;
    constexpr double BITS_7 = 5e-2;
    Random random(1);
    std::vector<KernelCheck> checks;
    for (const bool are_many : {true, false}) {
        const bool has_7_bits = are_many && std::string(set.name) == "AVX2";
        const ProductKernels & kernels = are_many ? set.many : set.few;
        const ProductErrors errors =
            check_products(kernels, are_many ? plain.many : plain.few, are_many ? 2 * kernels.columns_together + 1 : 9,
                           has_7_bits, random);
        const std::string name = are_many ? "many columns" : "few columns";
        checks.push_back({name + ", whole multiples", errors.exact, has_7_bits ? ROUNDING_7_BITS : EXACT});
        checks.push_back({name + ", share of rounding", errors.rounded, has_7_bits ? ROUNDING_7_BITS : 1.001});
        checks.push_back({name + ", against plain set", errors.plain, has_7_bits ? BITS_7 : EXACT});
    }
    return checks;
}

}  // namespace sotto
