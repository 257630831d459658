#include "mel.h"

#include <algorithm>
#include <cmath>

namespace sotto {

namespace {

constexpr int WINDOW = 400;
constexpr int HALF = WINDOW / 2;
constexpr int STEP = 160;
// Frames whose transforms are computed together.
constexpr int FRAMES = 48;
constexpr int FOLDED = HALF + 1;
constexpr double PI = 3.14159265358979323846;
// Whisper's spectrogram is log10 power, at most eight below its loudest value, moved and scaled to about -1 to 1.
constexpr float QUIETEST = 1e-10f;
constexpr float RANGE = 8.0f;

}  // namespace

MelSpectrogram::MelSpectrogram(const std::vector<float> & filters, int bands, int bins, const KernelSet & kernels)
    : kernels_(kernels), bins_(bins), rows_(panels_of(bins) * PANEL_ROWS), hann_(WINDOW) {
    for (int band = 0; band < bands; band++) {
        const float * row = &filters[static_cast<size_t>(band) * bins];
        int from = 0;
        int to = bins;
        while (from < to && row[from] == 0) from++;
        while (to > from && row[to - 1] == 0) to--;
        bands_.push_back({from, std::vector<float>(row + from, row + to)});
    }
    for (int i = 0; i < WINDOW; i++) hann_[i] = static_cast<float>(0.5 * (1.0 - std::cos(2.0 * PI * i / WINDOW)));
    std::vector<float> cosines(static_cast<size_t>(rows_) * FOLDED);
    std::vector<float> sines(cosines.size());
    for (int bin = 0; bin < bins; bin++) {
        for (int i = 0; i < FOLDED; i++) {
            const double angle = 2.0 * PI * ((i * bin) % WINDOW) / WINDOW;
            cosines[static_cast<size_t>(bin) * FOLDED + i] = static_cast<float>(std::cos(angle));
            sines[static_cast<size_t>(bin) * FOLDED + i] = static_cast<float>(std::sin(angle));
        }
    }
    cosines_.resize(kernels.float_bytes(rows_, FOLDED) / sizeof(float));
    sines_.resize(cosines_.size());
    kernels.pack_floats(cosines.data(), rows_, FOLDED, cosines_.data());
    kernels.pack_floats(sines.data(), rows_, FOLDED, sines_.data());
}

// The window of one frame. Cosines are even and sines are odd about its middle, so a real signal can be folded there,
// which halves the products. Windows are centred on their frame; the audio is mirrored before its beginning and silent
// behind its end.
void MelSpectrogram::fold(const std::vector<float> & samples, int frame, float * even, float * odd) const {
    const int length = static_cast<int>(samples.size());
    const int from = frame * STEP - HALF;
    const auto windowed = [&](int i) {
        const int at = std::abs(from + i);
        return at < length ? samples[at] * hann_[i] : 0.0f;
    };
    even[0] = odd[0] = windowed(0);
    for (int i = 1; i <= HALF; i++) {
        const float value = windowed(i);
        const float mirror = i == HALF ? 0.0f : windowed(WINDOW - i);
        even[i] = value + mirror;
        odd[i] = value - mirror;
    }
}

// Returns the loudest band.
float MelSpectrogram::write_bands(const float * powers, float * out) const {
    float loudest = std::log10(QUIETEST);
    for (size_t band = 0; band < bands_.size(); band++) {
        const Band & each = bands_[band];
        float sum = 0;
        for (size_t i = 0; i < each.weights.size(); i++) sum += each.weights[i] * powers[each.first_bin + i];
        out[band] = std::log10(std::max(sum, QUIETEST));
        loudest = std::max(loudest, out[band]);
    }
    return loudest;
}

bool MelSpectrogram::compute(const std::vector<float> & samples, int frames, float * out,
                             const DecodeControl & control) const {
    const int bands = static_cast<int>(bands_.size());
    std::fill(out, out + static_cast<size_t>(bands) * frames, std::log10(QUIETEST));
    std::vector<float> folded(static_cast<size_t>(2 * FRAMES) * FOLDED);
    std::vector<float> parts(static_cast<size_t>(2 * FRAMES) * rows_);
    float * const even = folded.data();
    float * const odd = even + FRAMES * FOLDED;
    float * const real = parts.data();
    float * const imaginary = real + FRAMES * rows_;
    float loudest = std::log10(QUIETEST);
    const int heard = std::min(frames, (static_cast<int>(samples.size()) + HALF + STEP - 1) / STEP);
    for (int first = 0; first < heard; first += FRAMES) {
        if (control.is_aborted()) return false;
        const int count = std::min(FRAMES, heard - first);
        for (int n = 0; n < count; n++) fold(samples, first + n, even + n * FOLDED, odd + n * FOLDED);
        kernels_.multiply_floats(cosines_.data(), rows_, FOLDED, even, FOLDED, count, real, rows_);
        kernels_.multiply_floats(sines_.data(), rows_, FOLDED, odd, FOLDED, count, imaginary, rows_);
        for (int n = 0; n < count; n++) {
            float * const powers = real + n * rows_;
            const float * const other = imaginary + n * rows_;
            for (int bin = 0; bin < bins_; bin++) powers[bin] = powers[bin] * powers[bin] + other[bin] * other[bin];
            loudest = std::max(loudest, write_bands(powers, out + static_cast<size_t>(first + n) * bands));
        }
    }
    for (int64_t i = 0; i < static_cast<int64_t>(bands) * frames; i++)
        out[i] = (std::max(out[i], loudest - RANGE) + 4.0f) / 4.0f;
    return true;
}

}  // namespace sotto
