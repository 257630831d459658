#include "mel.h"

#include <algorithm>
#include <cmath>

namespace sotto {

namespace {

constexpr int WINDOW = 400;
constexpr int HALF = WINDOW / 2;
constexpr int STEP = 160;
constexpr double PI = 3.14159265358979323846;
// Whisper's spectrogram is log10 power, at most eight below its loudest value, moved and scaled to about -1 to 1.
constexpr float QUIETEST = 1e-10f;
constexpr float RANGE = 8.0f;

}  // namespace

MelSpectrogram::MelSpectrogram(const std::vector<float> & filters, int bands, int bins) : bins_(bins), hann_(WINDOW) {
    for (int band = 0; band < bands; band++) {
        const float * row = &filters[static_cast<size_t>(band) * bins];
        int from = 0;
        int to = bins;
        while (from < to && row[from] == 0) from++;
        while (to > from && row[to - 1] == 0) to--;
        bands_.push_back({from, std::vector<float>(row + from, row + to)});
    }
    for (int i = 0; i < WINDOW; i++) hann_[i] = static_cast<float>(0.5 * (1.0 - std::cos(2.0 * PI * i / WINDOW)));
    cosines_.resize(static_cast<size_t>(HALF + 1) * bins);
    sines_.resize(cosines_.size());
    for (int i = 0; i <= HALF; i++) {
        for (int bin = 0; bin < bins; bin++) {
            const double angle = 2.0 * PI * ((i * bin) % WINDOW) / WINDOW;
            cosines_[static_cast<size_t>(i) * bins + bin] = static_cast<float>(std::cos(angle));
            sines_[static_cast<size_t>(i) * bins + bin] = static_cast<float>(std::sin(angle));
        }
    }
}

// Cosines are even and sines are odd about the middle of the window, so a real signal can be folded there, which halves
// the products.
void MelSpectrogram::compute_powers(const float * windowed, float * out) const {
    std::vector<float> real(bins_, windowed[0]);
    std::vector<float> imaginary(bins_, 0.0f);
    for (int i = 1; i <= HALF; i++) {
        const float mirror = i == HALF ? 0.0f : windowed[WINDOW - i];
        const float even = windowed[i] + mirror;
        const float odd = windowed[i] - mirror;
        const float * cosines = &cosines_[static_cast<size_t>(i) * bins_];
        const float * sines = &sines_[static_cast<size_t>(i) * bins_];
        for (int bin = 0; bin < bins_; bin++) {
            real[bin] += even * cosines[bin];
            imaginary[bin] += odd * sines[bin];
        }
    }
    for (int bin = 0; bin < bins_; bin++) out[bin] = real[bin] * real[bin] + imaginary[bin] * imaginary[bin];
}

bool MelSpectrogram::compute(const std::vector<float> & samples, int frames, std::vector<float> & out,
                             const DecodeControl & control) const {
    const int length = static_cast<int>(samples.size());
    const int bands = static_cast<int>(bands_.size());
    out.assign(static_cast<size_t>(bands) * frames, std::log10(QUIETEST));
    std::vector<float> windowed(WINDOW);
    std::vector<float> power(bins_);
    float loudest = std::log10(QUIETEST);
    // Windows are centred on their frame. The audio is mirrored before its beginning and silent behind its end.
    for (int frame = 0; frame < frames && frame * STEP - HALF < length; frame++) {
        if (control.is_aborted()) return false;
        const int from = frame * STEP - HALF;
        for (int i = 0; i < WINDOW; i++) {
            const int at = std::abs(from + i);
            windowed[i] = at < length ? samples[at] * hann_[i] : 0.0f;
        }
        compute_powers(windowed.data(), power.data());
        for (int band = 0; band < bands; band++) {
            const Band & each = bands_[band];
            float sum = 0;
            for (size_t i = 0; i < each.weights.size(); i++) sum += each.weights[i] * power[each.first_bin + i];
            const float value = std::log10(std::max(sum, QUIETEST));
            out[static_cast<size_t>(band) * frames + frame] = value;
            loudest = std::max(loudest, value);
        }
    }
    for (float & value : out) value = (std::max(value, loudest - RANGE) + 4.0f) / 4.0f;
    return true;
}

}  // namespace sotto
