// Log mel spectrogram as Whisper expects it. Our own because the library always computes 30 s of it with a dense filter
// bank, which costs a tenth of a partial's decode. Pure: samples in, values out.
#pragma once

#include <vector>

#include "decode-control.h"
#include "kernels/kernel-set.h"

namespace sotto {

class MelSpectrogram {
  public:
    // `filters` is the model's own filter bank, [bands][bins] row by row.
    MelSpectrogram(const std::vector<float> & filters, int bands, int bins, const KernelSet & kernels);

    // Fills out[frame * bands + band] with `frames` frames of 10 ms; what lies behind the samples is silence. False
    // when the decode is aborted on the way: half a minute of audio takes longer than an abort may.
    bool compute(const std::vector<float> & samples, int frames, float * out, const DecodeControl & control) const;

  private:
    struct Band {
        int first_bin = 0;
        std::vector<float> weights;
    };

    void fold(const std::vector<float> & samples, int frame, float * even, float * odd) const;
    float write_bands(const float * powers, float * out) const;

    const KernelSet & kernels_;
    int bins_;
    int rows_;  // bins, rounded up to what the kernels multiply
    std::vector<Band> bands_;
    std::vector<float> hann_;
    // Cosines and sines of the transform, packed, for the first half of the window: the second half mirrors it.
    std::vector<float> cosines_;
    std::vector<float> sines_;
};

}  // namespace sotto
