// The kernels and the engine without Node, for a processor under an emulator:
//   sets                    prints the sets of kernels that this processor runs, the best one first
//   check                   checks the best set
//   decode MODEL AUDIO      prints the text of a recording: 16-bit PCM of 16 kHz behind the header of a WAV file
// SET, where it is given as the last argument, takes the place of the best set.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "decode/model.h"
#include "diagnostics/kernel-checks.h"

// The plain loops of int8-portable.h, compiled for the base line.
namespace sotto::kernels_plain {
extern const KernelSet KERNELS;
}

namespace {

constexpr size_t WAV_HEADER_BYTES = 44;

int check() {
    bool passed = true;
    for (const sotto::KernelCheck & check : sotto::check_kernels(sotto::kernels(), sotto::kernels_plain::KERNELS)) {
        std::printf("%s %s: %.2g of at most %.2g\n", check.passed() ? "ok" : "not ok", check.name.c_str(), check.error,
                    check.limit);
        passed = passed && check.passed();
    }
    return passed ? 0 : 1;
}

std::vector<float> read_samples(const std::string & path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (bytes.size() <= WAV_HEADER_BYTES) throw std::runtime_error(path + " holds no samples");
    std::vector<int16_t> values((bytes.size() - WAV_HEADER_BYTES) / sizeof(int16_t));
    std::memcpy(values.data(), bytes.data() + WAV_HEADER_BYTES, values.size() * sizeof(int16_t));
    std::vector<float> samples;
    for (const int16_t value : values) samples.push_back(static_cast<float>(value) / 32768);
    return samples;
}

int decode(const std::string & model, const std::string & audio) {
    const sotto::DecodeControl control;
    const sotto::Decode found = sotto::Model::load(model)->decode(read_samples(audio), {}, control);
    if (found.failure) throw std::runtime_error(found.failure->problem);
    for (const sotto::Word & word : found.words) std::printf("%s%s", word.has_space ? " " : "", word.text.c_str());
    std::printf("\n%d tokens, average log probability %.3f\n", found.tokens, found.average_log_probability);
    return 0;
}

int run(const std::vector<std::string> & given) {
    const std::string command = given.empty() ? "" : given[0];
    const size_t count = command == "decode" ? 3 : 1;
    const std::vector<std::string> sets = sotto::kernel_set_names();
    if (given.size() > count + 1 || given.size() < count) throw std::runtime_error("wrong number of arguments");
    const std::string set = given.size() > count ? given[count] : sets[0];
    if (!sotto::select_kernel_set(set)) throw std::runtime_error("there is no set named " + set);
    if (command == "check") return check();
    if (command == "decode") return decode(given[1], given[2]);
    if (command != "sets") throw std::runtime_error("commands are sets, check and decode");
    for (const std::string & name : sets) std::printf("%s\n", name.c_str());
    return 0;
}

}  // namespace

int main(int count, char ** arguments) {
    try {
        return run({arguments + 1, arguments + count});
    } catch (const std::exception & problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 2;
    }
}
