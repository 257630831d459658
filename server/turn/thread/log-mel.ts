import { FourierTransform } from './fourier.ts';

/** Samples that the model hears: 8 s at 16 kHz. */
export const INPUT_SAMPLES = 128_000;
export const MEL_BANDS = 80;
export const FRAMES = 800;
const FRAME_SAMPLES = 400;
const HOP_SAMPLES = INPUT_SAMPLES / FRAMES;
const BINS = FRAME_SAMPLES / 2 + 1;
const NYQUIST_HZ = 8_000;
/** What the model's preprocessor adds to the variance, so that silence divides by no zero. */
const VARIANCE_EPSILON = 1e-7;
const POWER_FLOOR = 1e-10;
/** Powers more than this below the loudest one are raised to it, in powers of ten. */
const RANGE = 8;

/** The slope of one band over the bins from `first` on. */
interface MelBand {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Log-mel spectrogram of the end of a turn, as Smart Turn wants it: that of Whisper over 8 s, of a waveform with mean 0 and
 * variance 1 (`WhisperFeatureExtractor` of Hugging Face Transformers with `chunk_length=8` and `do_normalize=True`). Shorter audio
 * is preceded by zeros.
 */
export class LogMel {
  readonly #fourier = new FourierTransform(FRAME_SAMPLES);
  readonly #window = Float64Array.from(
    { length: FRAME_SAMPLES },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME_SAMPLES),
  );
  readonly #bands = createMelBands();
  readonly #frame = { real: new Float64Array(FRAME_SAMPLES), imag: new Float64Array(FRAME_SAMPLES) };
  readonly #power = [new Float64Array(BINS), new Float64Array(BINS)] as const;

  /** Bands × frames, row by row, of the last 8 s of samples of -1 to 1 at 16 kHz. */
  compute(audio: Float32Array): Float32Array {
    const samples = mirrorEnds(normalise(audio.subarray(Math.max(0, audio.length - INPUT_SAMPLES))));
    const result = new Float32Array(MEL_BANDS * FRAMES);
    const silent = countSilentFrames(audio.length);
    // Two real frames go through one complex transform.
    for (let frame = Math.max(0, silent - 1); frame < FRAMES; frame += 2) {
      this.#transformPair(samples, frame);
      this.#storeBands(this.#power[0], result, frame);
      if (frame + 1 < FRAMES) this.#storeBands(this.#power[1], result, frame + 1);
    }
    // Frames of padding alone are all the same.
    for (let band = 0; band < MEL_BANDS && silent > 1; band++)
      result.fill(result[band * FRAMES + silent - 1]!, band * FRAMES, band * FRAMES + silent - 1);
    return compressRange(result);
  }

  #transformPair(samples: Float64Array, frame: number): void {
    const { real, imag } = this.#frame;
    const window = this.#window;
    const from = frame * HOP_SAMPLES;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const weight = window[i]!;
      real[i] = samples[from + i]! * weight;
      imag[i] = (samples[from + HOP_SAMPLES + i] ?? 0) * weight;
    }
    this.#fourier.transform(this.#frame);
    const [first, second] = this.#power;
    for (let bin = 0; bin < BINS; bin++) {
      const mirror = bin === 0 ? 0 : FRAME_SAMPLES - bin;
      const evenReal = real[bin]! + real[mirror]!;
      const oddReal = real[bin]! - real[mirror]!;
      const evenImag = imag[bin]! + imag[mirror]!;
      const oddImag = imag[bin]! - imag[mirror]!;
      first[bin] = (evenReal * evenReal + oddImag * oddImag) / 4;
      second[bin] = (evenImag * evenImag + oddReal * oddReal) / 4;
    }
  }

  #storeBands(power: Float64Array, result: Float32Array, frame: number): void {
    for (let band = 0; band < MEL_BANDS; band++) {
      const { first, weights } = this.#bands[band]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[first + i]!;
      result[band * FRAMES + frame] = Math.log10(Math.max(POWER_FLOOR, sum));
    }
  }
}

/** With zeros in front, mean 0 and variance 1. */
function normalise(audio: Float32Array): Float64Array {
  const samples = new Float64Array(INPUT_SAMPLES);
  samples.set(audio, INPUT_SAMPLES - audio.length);
  let sum = 0;
  for (const value of audio) sum += value;
  const mean = sum / INPUT_SAMPLES;
  let squares = 0;
  for (const value of samples) squares += (value - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / INPUT_SAMPLES + VARIANCE_EPSILON);
  return samples.map((value) => (value - mean) * scale);
}

/** Frames from the start that hold nothing but padding, when there are so many samples of audio. */
function countSilentFrames(audioSamples: number): number {
  const padding = INPUT_SAMPLES - Math.min(audioSamples, INPUT_SAMPLES);
  return (
    Math.max(0, Math.floor((padding - FRAME_SAMPLES / 2) / HOP_SAMPLES) + 1) * Number(padding >= FRAME_SAMPLES / 2)
  );
}

/** With half a frame more at both ends, mirrored at the first and the last sample. */
function mirrorEnds(samples: Float64Array): Float64Array {
  const half = FRAME_SAMPLES / 2;
  const result = new Float64Array(INPUT_SAMPLES + FRAME_SAMPLES);
  result.set(samples, half);
  for (let i = 1; i <= half; i++) {
    result[half - i] = samples[i]!;
    result[half + INPUT_SAMPLES - 1 + i] = samples[INPUT_SAMPLES - 1 - i]!;
  }
  return result;
}

function compressRange(values: Float32Array): Float32Array {
  let loudest = Number.NEGATIVE_INFINITY;
  for (const value of values) loudest = Math.max(loudest, value);
  return values.map((value) => (Math.max(value, loudest - RANGE) + 4) / 4);
}

/** Triangles of equal area, evenly spaced on the mel scale of Slaney's Auditory Toolbox, which Whisper uses, too. */
function createMelBands(): MelBand[] {
  const top = toMel(NYQUIST_HZ);
  const edges = Array.from({ length: MEL_BANDS + 2 }, (_, i) => toHz((top * i) / (MEL_BANDS + 1)));
  return Array.from({ length: MEL_BANDS }, (_, band) => {
    const [low, middle, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const weights: number[] = [];
    let first = BINS;
    for (let bin = 0; bin < BINS; bin++) {
      const hz = (bin * NYQUIST_HZ) / (BINS - 1);
      const weight = Math.min((hz - low) / (middle - low), (high - hz) / (high - middle)) * (2 / (high - low));
      if (weight <= 0) continue;
      first = Math.min(first, bin);
      weights.push(weight);
    }
    return { first, weights: Float64Array.from(weights) };
  });
}

/** Linear below 1 kHz, logarithmic above. */
function toMel(hz: number): number {
  return hz < 1_000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1_000)) / Math.log(6.4);
}

function toHz(mel: number): number {
  return mel < 15 ? (200 * mel) / 3 : 1_000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27);
}
