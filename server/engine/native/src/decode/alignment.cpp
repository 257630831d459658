#include "alignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sotto {

namespace {

constexpr double MS_PER_FRAME = 20.0;
constexpr int SAMPLES_PER_MS = 16;
constexpr int MEDIAN_WIDTH = 7;

// Mean power of the 10 ms frame that begins at `ms`.
double power_at(const std::vector<float> & samples, double ms) {
    const auto from = static_cast<size_t>(std::max(0.0, ms) * SAMPLES_PER_MS);
    double sum = 0;
    size_t count = 0;
    for (size_t i = from; i < std::min(samples.size(), from + 10 * SAMPLES_PER_MS); i++, count++) {
        sum += static_cast<double>(samples[i]) * samples[i];
    }
    return count == 0 ? 0 : sum / static_cast<double>(count);
}

// Attention gives a word all the silence beside it: moves its edges in to where its sound is.
void trim_silence(Word & word, const std::vector<float> & samples) {
    double peak = 0;
    for (double ms = word.from_ms; ms < word.to_ms; ms += 10) peak = std::max(peak, power_at(samples, ms));
    const double floor = peak * 0.004;  // 24 dB below the word's loudest
    while (word.to_ms - word.from_ms > 60 && power_at(samples, word.to_ms - 10) < floor) word.to_ms -= 10;
    while (word.to_ms - word.from_ms > 60 && power_at(samples, word.from_ms) < floor) word.from_ms += 10;
}

inline void sort_pair(float & a, float & b) {
    const float least = a < b ? a : b;
    b = a < b ? b : a;
    a = least;
}

// Median of each value and the three on both sides of it, mirrored at the ends. Comparing in a fixed order lets the
// compiler do it for many values at once: sorting each seven took a twentieth of a decode of 30 s.
void filter_medians(const float * values, int count, std::vector<float> & mirrored, std::vector<float> & out) {
    constexpr int SIDE = MEDIAN_WIDTH / 2;
    for (int i = 0; i < count + 2 * SIDE; i++) {
        int at = std::abs(i - SIDE);
        if (at >= count) at = std::max(0, 2 * (count - 1) - at);
        mirrored[i] = values[at];
    }
    const float * from = mirrored.data();
    float * to = out.data();
    for (int i = 0; i < count; i++) {
        float v0 = from[i], v1 = from[i + 1], v2 = from[i + 2], v3 = from[i + 3], v4 = from[i + 4], v5 = from[i + 5],
              v6 = from[i + 6];
        sort_pair(v0, v5), sort_pair(v0, v3), sort_pair(v1, v6);
        sort_pair(v2, v4), sort_pair(v0, v1), sort_pair(v3, v5);
        sort_pair(v2, v6), sort_pair(v2, v3), sort_pair(v3, v6);
        sort_pair(v4, v5), sort_pair(v1, v4), sort_pair(v1, v3), sort_pair(v3, v4);
        to[i] = v3;
    }
}

// What a path through each token and frame costs: minus its normalised, filtered attention, [token][frame].
std::vector<float> alignment_costs(const std::vector<Token> & tokens, int heads, int frames) {
    const int n = static_cast<int>(tokens.size());
    std::vector<float> costs(static_cast<size_t>(n) * frames, 0.0f);
    std::vector<float> normalised(costs.size());
    std::vector<float> mirrored(frames + MEDIAN_WIDTH - 1);
    std::vector<float> medians(frames);
    for (int head = 0; head < heads; head++) {
        for (int frame = 0; frame < frames; frame++) {
            double sum = 0, squares = 0;
            for (int t = 0; t < n; t++) {
                const double v = tokens[t].attention[static_cast<size_t>(head) * frames + frame];
                sum += v;
                squares += v * v;
            }
            const double mean = sum / n;
            const double deviation = std::sqrt(std::max(0.0, squares / n - mean * mean)) + 1e-9;
            for (int t = 0; t < n; t++) {
                const double v = tokens[t].attention[static_cast<size_t>(head) * frames + frame];
                normalised[static_cast<size_t>(t) * frames + frame] = static_cast<float>((v - mean) / deviation);
            }
        }
        for (int t = 0; t < n; t++) {
            filter_medians(&normalised[static_cast<size_t>(t) * frames], frames, mirrored, medians);
            for (int frame = 0; frame < frames; frame++)
                costs[static_cast<size_t>(t) * frames + frame] -= medians[frame] / heads;
        }
    }
    return costs;
}

enum Step : char { NEXT_TOKEN_AND_FRAME, NEXT_TOKEN, NEXT_FRAME };

// The frame at which each token begins on the cheapest monotonic path.
std::vector<int> cheapest_path(const std::vector<float> & costs, int n, int frames) {
    const float infinity = std::numeric_limits<float>::infinity();
    std::vector<float> total(static_cast<size_t>(n + 1) * (frames + 1), infinity);
    std::vector<Step> steps(total.size(), NEXT_FRAME);
    const auto at = [frames](int t, int f) { return static_cast<size_t>(t) * (frames + 1) + f; };
    total[0] = 0;
    for (int t = 1; t <= n; t++) {
        for (int f = 1; f <= frames; f++) {
            const float both = total[at(t - 1, f - 1)], token = total[at(t - 1, f)], frame = total[at(t, f - 1)];
            const Step step = both < token && both < frame    ? NEXT_TOKEN_AND_FRAME
                              : token < both && token < frame ? NEXT_TOKEN
                                                              : NEXT_FRAME;
            steps[at(t, f)] = step;
            const float before = step == NEXT_TOKEN_AND_FRAME ? both : step == NEXT_TOKEN ? token : frame;
            total[at(t, f)] = costs[static_cast<size_t>(t - 1) * frames + f - 1] + before;
        }
    }
    std::vector<int> starts(n, 0);
    for (int t = n, f = frames; t > 0 && f > 0;) {
        starts[t - 1] = f - 1;
        const Step step = steps[at(t, f)];
        if (step != NEXT_FRAME) t--;
        if (step != NEXT_TOKEN) f--;
    }
    return starts;
}

}  // namespace

std::vector<double> align_tokens(const std::vector<Token> & tokens, int heads, int frames) {
    std::vector<double> starts;
    for (const int frame :
         cheapest_path(alignment_costs(tokens, heads, frames), static_cast<int>(tokens.size()), frames))
        starts.push_back(frame * MS_PER_FRAME);
    return starts;
}

void place_words(std::vector<Word> & words, const std::vector<float> & samples) {
    const double end_ms = static_cast<double>(samples.size()) / SAMPLES_PER_MS;
    double before = 0;
    for (Word & word : words) {
        word.from_ms = std::min(std::max(word.from_ms, before), end_ms);
        word.to_ms = std::min(std::max(word.to_ms, word.from_ms + 20), std::max(end_ms, word.from_ms));
        trim_silence(word, samples);
        before = word.to_ms;
    }
}

}  // namespace sotto
