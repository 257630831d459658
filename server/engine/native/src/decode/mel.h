// Log mel spectrogram as Whisper expects it. Our own because the library always computes 30 s of it with a dense filter
// bank, which costs a tenth of a partial's decode. Pure: samples in, values out.
#pragma once

#include <vector>

#include "decode-control.h"

namespace sotto {

class MelSpectrogram {
  public:
    // `filters` is the model's own filter bank, [bands][bins] row by row.
    MelSpectrogram(const std::vector<float> & filters, int bands, int bins);

    // Fills out[band * frames + frame] with `frames` frames of 10 ms; what lies behind the samples is silence.
    // False when the decode is aborted on the way: half a minute of audio takes longer than an abort may.
    bool compute(const std::vector<float> & samples, int frames, std::vector<float> & out,
                 const DecodeControl & control) const;

  private:
    struct Band {
        int first_bin = 0;
        std::vector<float> weights;
    };

    void compute_powers(const float * windowed, float * out) const;

    int bins_;
    std::vector<Band> bands_;
    std::vector<float> hann_;
    // Cosines and sines of the transform, [sample][bin], for the first half of the window: the second half mirrors it.
    std::vector<float> cosines_;
    std::vector<float> sines_;
};

}  // namespace sotto
