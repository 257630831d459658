/** Samples one VAD call looks at: 32 ms at 16 kHz, what Silero was trained on. */
export const VAD_WINDOW_SAMPLES = 512;

/** VAD probabilities and levels of the last windows of a channel. */
export class VadHistory {
  readonly #open: number;
  readonly #probabilities: Float32Array;
  readonly #levels: Float32Array;
  readonly #origin: number;
  #end: number;

  /** Holds `capacitySamples`. `open` is the probability from which on a window is voice. The first window begins at `from`. */
  constructor(capacitySamples: number, open: number, from = 0) {
    this.#origin = from / VAD_WINDOW_SAMPLES;
    this.#end = this.#origin;
    const windows = Math.ceil(capacitySamples / VAD_WINDOW_SAMPLES);
    this.#open = open;
    this.#probabilities = new Float32Array(windows);
    this.#levels = new Float32Array(windows);
  }

  /** One past the last sample judged. */
  get end(): number {
    return this.#end * VAD_WINDOW_SAMPLES;
  }

  /** A history of the windows in [from, to) alone, as far as they are held. */
  copy(from: number, to: number): VadHistory {
    const first = Math.max(this.#first(), Math.floor(from / VAD_WINDOW_SAMPLES));
    const end = Math.min(this.#end, Math.ceil(to / VAD_WINDOW_SAMPLES));
    const copy = new VadHistory(Math.max(1, end - first) * VAD_WINDOW_SAMPLES, this.#open, first * VAD_WINDOW_SAMPLES);
    for (let window = first; window < end; window++)
      copy.push(this.#at(this.#probabilities, window), this.#at(this.#levels, window));
    return copy;
  }

  push(probability: number, level: number): void {
    const at = this.#end % this.#probabilities.length;
    this.#probabilities[at] = probability;
    this.#levels[at] = level;
    this.#end++;
  }

  /** Number of samples of [from, to) in windows with a voice. Windows that are not judged yet count as voice. */
  countVoiced(from: number, to: number): number {
    let samples = 0;
    for (
      let window = Math.max(this.#first(), Math.floor(from / VAD_WINDOW_SAMPLES));
      window * VAD_WINDOW_SAMPLES < to;
      window++
    ) {
      if (this.#at(this.#probabilities, window) < this.#open) continue;
      samples += Math.min(to, (window + 1) * VAD_WINDOW_SAMPLES) - Math.max(from, window * VAD_WINDOW_SAMPLES);
    }
    return samples;
  }

  /** The longest run of windows without a voice in [from, to), the latest of equal ones; undefined where there is none. */
  findLongestPause(from: number, to: number): { readonly from: number; readonly to: number } | undefined {
    let best = { from: 0, to: 0 };
    let start: number | undefined;
    const last = Math.ceil(to / VAD_WINDOW_SAMPLES);
    for (let window = Math.max(this.#first(), Math.floor(from / VAD_WINDOW_SAMPLES)); window <= last; window++) {
      const isPause = window < last && this.#at(this.#probabilities, window) < this.#open;
      if (isPause) start ??= window;
      else if (start !== undefined) {
        if (window - start >= best.to - best.from) best = { from: start, to: window };
        start = undefined;
      }
    }
    if (best.to === best.from) return undefined;
    return { from: Math.max(from, best.from * VAD_WINDOW_SAMPLES), to: Math.min(to, best.to * VAD_WINDOW_SAMPLES) };
  }

  peakProbability(from: number, to: number): number {
    return this.#peak(this.#probabilities, from, to);
  }

  peakLevel(from: number, to: number): number {
    return this.#peak(this.#levels, from, to);
  }

  #first(): number {
    return Math.max(this.#origin, this.#end - this.#probabilities.length);
  }

  #at(values: Float32Array, window: number): number {
    return window >= this.#end ? 1 : values[window % values.length]!;
  }

  #peak(values: Float32Array, from: number, to: number): number {
    let peak = 0;
    for (
      let window = Math.max(this.#first(), Math.floor(from / VAD_WINDOW_SAMPLES));
      window * VAD_WINDOW_SAMPLES < to;
      window++
    ) {
      if (window < this.#end) peak = Math.max(peak, this.#at(values, window));
    }
    return peak;
  }
}

/** Root mean square of a window, 0-1. */
export function computeLevel(window: Float32Array): number {
  let sum = 0;
  for (const value of window) sum += value * value;
  return Math.sqrt(sum / Math.max(1, window.length));
}
