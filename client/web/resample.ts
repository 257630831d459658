/** What the server's models hear; sending more only costs bandwidth. */
export const TARGET_RATE = 16_000;
const TAPS = 48;

/**
 * Streaming windowed-sinc resampler from the sound card's rate down to 16 kHz; keeps its state between blocks. Rates
 * at or below 16 kHz pass unchanged.
 */
export class Downsampler {
  readonly rate: number;
  readonly #ratio: number;
  #held = new Float32Array(TAPS);
  /** Position of the next output in `#held`, in input samples. */
  #position = TAPS / 2;

  constructor(rate: number) {
    this.#ratio = Math.max(1, rate / TARGET_RATE);
    this.rate = Math.min(rate, TARGET_RATE);
  }

  push(block: Float32Array): Float32Array {
    if (this.#ratio === 1) return block.slice();
    const input = new Float32Array(this.#held.length + block.length);
    input.set(this.#held);
    input.set(block, this.#held.length);
    const half = TAPS / 2;
    const out: number[] = [];
    for (; this.#position + half < input.length; this.#position += this.#ratio) {
      const centre = Math.floor(this.#position);
      let sum = 0;
      let weights = 0;
      for (let i = centre - half + 1; i <= centre + half; i++) {
        const weight = kernel((i - this.#position) / this.#ratio, (i - this.#position) / half);
        sum += weight * (input[i] ?? 0);
        weights += weight;
      }
      out.push(sum / weights);
    }
    const keepFrom = Math.max(0, Math.floor(this.#position) - half);
    this.#held = input.slice(keepFrom);
    this.#position -= keepFrom;
    return Float32Array.from(out);
  }
}

/** Sinc with its zero crossings at output samples, under a Hann window of the filter's length. */
function kernel(x: number, window: number): number {
  const sinc = Math.abs(x) < 1e-6 ? 1 : Math.sin(Math.PI * x * 0.92) / (Math.PI * x * 0.92);
  return Math.abs(window) >= 1 ? 0 : sinc * (0.5 + 0.5 * Math.cos(Math.PI * window));
}

export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))));
}
