#include "times.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sotto {

namespace {

constexpr double MS_PER_FRAME = 20.0;
constexpr int SAMPLES_PER_MS = 16;
constexpr int MEDIAN_WIDTH = 7;

// Loudness of the 10 ms frame that begins at `ms`.
double energy(const std::vector<float> & samples, double ms) {
    const auto from = static_cast<size_t>(std::max(0.0, ms) * SAMPLES_PER_MS);
    double sum = 0;
    size_t count = 0;
    for (size_t i = from; i < std::min(samples.size(), from + 10 * SAMPLES_PER_MS); i++, count++) {
        sum += static_cast<double>(samples[i]) * samples[i];
    }
    return count == 0 ? 0 : sum / static_cast<double>(count);
}

// Attention gives a word all the silence beside it: pull its edges in to where its sound is.
void trim_silence(Word & word, const std::vector<float> & samples) {
    double peak = 0;
    for (double ms = word.from_ms; ms < word.to_ms; ms += 10) peak = std::max(peak, energy(samples, ms));
    const double floor = peak * 0.004;  // 24 dB below the word's loudest
    while (word.to_ms - word.from_ms > 60 && energy(samples, word.to_ms - 10) < floor) word.to_ms -= 10;
    while (word.to_ms - word.from_ms > 60 && energy(samples, word.from_ms) < floor) word.from_ms += 10;
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

}  // namespace

std::vector<double> align(const std::vector<Token> & tokens, int heads, int frames) {
    const int n = static_cast<int>(tokens.size());
    std::vector<float> cost(static_cast<size_t>(n) * frames, 0.0f);
    std::vector<float> row(static_cast<size_t>(n) * frames);
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
                row[static_cast<size_t>(t) * frames + frame] = static_cast<float>((v - mean) / deviation);
            }
        }
        for (int t = 0; t < n; t++) {
            filter_medians(&row[static_cast<size_t>(t) * frames], frames, mirrored, medians);
            for (int frame = 0; frame < frames; frame++)
                cost[static_cast<size_t>(t) * frames + frame] -= medians[frame] / heads;
        }
    }
    // Cheapest monotonic path; trace: 0 diagonal, 1 next token in the same frame, 2 next frame of the same token.
    const float far = std::numeric_limits<float>::infinity();
    std::vector<float> total(static_cast<size_t>(n + 1) * (frames + 1), far);
    std::vector<char> trace(static_cast<size_t>(n + 1) * (frames + 1), 2);
    const auto at = [frames](int t, int f) { return static_cast<size_t>(t) * (frames + 1) + f; };
    total[0] = 0;
    for (int t = 1; t <= n; t++) {
        for (int f = 1; f <= frames; f++) {
            const float d = total[at(t - 1, f - 1)], u = total[at(t - 1, f)], l = total[at(t, f - 1)];
            const char way = d < u && d < l ? 0 : u < d && u < l ? 1 : 2;
            trace[at(t, f)] = way;
            total[at(t, f)] = cost[static_cast<size_t>(t - 1) * frames + f - 1] + (way == 0 ? d : way == 1 ? u : l);
        }
    }
    std::vector<double> starts(n, 0);
    for (int t = n, f = frames; t > 0 && f > 0;) {
        starts[t - 1] = (f - 1) * MS_PER_FRAME;
        const char way = trace[at(t, f)];
        if (way != 2) t--;
        if (way != 1) f--;
    }
    return starts;
}

void place_words(std::vector<Word> & words, const std::vector<float> & samples) {
    const double end_ms = static_cast<double>(samples.size()) / SAMPLES_PER_MS;
    double before = 0;
    for (Word & each : words) {
        each.from_ms = std::min(std::max(each.from_ms, before), end_ms);
        each.to_ms = std::min(std::max(each.to_ms, each.from_ms + 20), std::max(end_ms, each.from_ms));
        trim_silence(each, samples);
        before = each.to_ms;
    }
}

}  // namespace sotto
