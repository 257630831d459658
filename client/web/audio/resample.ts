/** What the server's models hear; sending more only costs bandwidth. */
export const TARGET_RATE = 16_000;
/** Zero crossings of the filter on either side: enough for 70 dB of rejection under the window below. */
const LOBES = 16;
const KAISER_BETA = 7;
/** The filter closes a little before the band ends, so that nothing folds back into it. */
const CUTOFF = 0.9;
/** Sound cards' rates are multiples of this; it bounds the number of filters for odd ones. */
const RATE_STEP = 25;

/** The filters from one rate to 16 kHz: plain values, so that the page can work them out for the audio thread. */
export interface ResamplerDesign {
  readonly up: number;
  readonly down: number;
  /** Samples of input a filter spans. */
  readonly width: number;
  readonly filters: readonly Float32Array[];
}

/** Works out the filters; takes a few milliseconds, which the audio thread does not have. */
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
 * Streaming polyphase resampler from any rate to 16 kHz. What it has heard stays between blocks: however the sound is
 * cut, the same samples come out.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #filters: readonly Float32Array[];
  readonly #width: number;
  /** Samples not used up yet, the first `#count` of the buffer. */
  #held: Float32Array;
  #count: number;
  /** Where the next output's filter starts, in `#held`, and which filter it is. */
  #at = 0;
  #phase = 0;

  constructor({ up, down, width, filters }: ResamplerDesign) {
    this.#up = up;
    this.#down = down;
    this.#width = width;
    this.#filters = filters;
    this.#held = new Float32Array(width + 4_096);
    // Silence before the first sample puts the first output on it.
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

/** One phase of the low-pass, its taps adding up to one so that loudness stays. */
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

/** Modified Bessel function of order zero, by its series. */
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
