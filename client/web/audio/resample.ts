/** Sample rate of the server's models, Hz; sending more only costs bandwidth. */
export const TARGET_RATE = 16_000;
/** Zero crossings of the filter on either side: enough for 70 dB of rejection with the window below. */
const LOBES = 16;
const KAISER_BETA = 7;
/** The filter's cutoff lies a little below the end of the band, so that nothing aliases into it. */
const CUTOFF = 0.9;
/** Rates are rounded to a multiple of this, as those of sound cards are; it bounds the number of filters for odd rates. */
const RATE_STEP = 25;

/** The filters from one rate to 16 kHz, as plain values: the page computes them and posts them to the audio thread. */
export interface ResamplerDesign {
  readonly up: number;
  readonly down: number;
  /** Input samples that a filter spans. */
  readonly width: number;
  readonly filters: readonly Float32Array[];
}

/** Computes the filters. Takes a few milliseconds, which the audio thread cannot spare. */
export function designResampler(rate: number): ResamplerDesign {
  const whole = Math.max(RATE_STEP, Math.round(rate / RATE_STEP) * RATE_STEP);
  const common = divisor(whole, TARGET_RATE);
  const up = TARGET_RATE / common;
  const down = whole / common;
  const half = Math.ceil(LOBES * Math.max(1, down / up));
  const filters = Array.from({ length: up }, (_, phase) => filter(half, phase / up, whole));
  return { up, down, width: half * 2, filters };
}

/**
 * Not the server's resampler: this one runs on the audio thread, which cannot spare the time to compute filters, copies as little
 * as it can, and starts anew with each recording. The server's has to go back to an exact position after a restart.
 *
 * Streaming polyphase resampler from any rate to 16 kHz, with a Kaiser-windowed sinc filter. It keeps its state between blocks:
 * however the sound is cut, the same samples come out.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #filters: readonly Float32Array[];
  readonly #width: number;
  /** Buffer of pending samples; the first `#count` are in use. */
  #held: Float32Array;
  #count: number;
  /** Where the filter of the next output starts in `#pending`, and which filter it is. */
  #at = 0;
  #phase = 0;

  constructor({ up, down, width, filters }: ResamplerDesign) {
    this.#up = up;
    this.#down = down;
    this.#width = width;
    this.#filters = filters;
    this.#held = new Float32Array(width + 4_096);
    // Silence before the first sample centres the first output on it.
    this.#count = width / 2 - 1;
  }

  push(block: Float32Array): Float32Array {
    this.#take(block);
    const due = this.#count - this.#width - this.#at + 1;
    const out = new Float32Array(due > 0 ? Math.ceil((due * this.#up - this.#phase) / this.#down) : 0);
    for (let n = 0; n < out.length; n++) {
      out[n] = this.#sum(this.#filters[this.#phase]!);
      this.#phase += this.#down;
      this.#at += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    const used = Math.min(this.#at, this.#count);
    this.#held.copyWithin(0, used, this.#count);
    this.#count -= used;
    this.#at -= used;
    return out;
  }

  #take(block: Float32Array): void {
    if (this.#count + block.length > this.#held.length) {
      const larger = new Float32Array((this.#count + block.length) * 2);
      larger.set(this.#held.subarray(0, this.#count));
      this.#held = larger;
    }
    this.#held.set(block, this.#count);
    this.#count += block.length;
  }

  #sum(taps: Float32Array): number {
    let sum = 0;
    for (let i = 0; i < this.#width; i++) sum += taps[i]! * this.#held[this.#at + i]!;
    return sum;
  }
}

/** One phase of the low-pass filter; its taps add up to one, so that loudness stays the same. */
function filter(half: number, fraction: number, rate: number): Float32Array {
  const band = CUTOFF * Math.min(1, TARGET_RATE / rate);
  const taps = Float32Array.from({ length: half * 2 }, (_, i) => {
    const x = i - half + 1 - fraction;
    return sinc(x * band) * kaiser(x / half);
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}

const sinc = (x: number): number => (Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const kaiser = (x: number): number =>
  Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);

/** Modified Bessel function of the first kind and order zero, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-9; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

export function toInt16(samples: Float32Array): Int16Array<ArrayBuffer> {
  return Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))));
}
