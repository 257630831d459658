import { SAMPLE_RATE } from '../time.ts';

/** Zero crossings of the sinc on each side: 80 dB of stop band with the window below. */
const LOBES = 16;
const KAISER_BETA = 8;
/** Share of the smaller Nyquist band that passes. */
const PASS = 0.94;

/**
 * Streaming polyphase resampler to 16 kHz for one channel: a Kaiser-windowed sinc, one filter per output phase.
 * Output sample n lies exactly at input time n / 16000 s: the filter's delay is taken out, so times stay true.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  readonly #filters: readonly Float32Array[];
  /** Input not yet used up, starting at absolute input sample `#base`. */
  #held: Float32Array;
  #base: number;
  #out: number;
  #in: number;

  /** `from` is the first input sample it will be given, if a stream goes on after a restart; see `rewound`. */
  constructor(rate: number, from = 0) {
    const common = gcd(rate, SAMPLE_RATE);
    this.#up = SAMPLE_RATE / common;
    this.#down = rate / common;
    const stretch = Math.max(1, this.#down / this.#up);
    this.#half = Math.ceil(LOBES * stretch);
    this.#filters = this.#up === this.#down ? [] : filters(this.#up, this.#half, PASS / stretch);
    // Silence before the first sample, so that the filter may look back from it.
    this.#held = new Float32Array(this.#half);
    this.#base = from - this.#half;
    this.#in = from;
    this.#out = Math.round((from * this.#up) / this.#down);
  }

  /** Position of the next output sample. */
  get out(): number {
    return this.#out;
  }

  /** The input sample to begin with so that every output from `sample` on is the same as in one run from the start. */
  rewound(sample: number): number {
    if (this.#filters.length === 0) return sample;
    const needed = Math.floor((sample * this.#down) / this.#up) - this.#half;
    // A multiple of the step, where an input and an output lie at the same moment.
    return Math.max(0, Math.floor(needed / this.#down) * this.#down);
  }

  push(chunk: Float32Array): Float32Array {
    this.#in += chunk.length;
    if (this.#filters.length === 0) {
      this.#out += chunk.length;
      return chunk;
    }
    const held = new Float32Array(this.#held.length + chunk.length);
    held.set(this.#held);
    held.set(chunk, this.#held.length);
    this.#held = held;
    return this.#drain(this.#base + held.length - this.#half);
  }

  /** The output that the filter still holds back, when no more input follows. */
  flush(): Float32Array {
    if (this.#filters.length === 0) return new Float32Array(0);
    const end = Math.round((this.#in * this.#up) / this.#down);
    const held = new Float32Array(this.#held.length + this.#half + 1);
    held.set(this.#held);
    this.#held = held;
    const tail = this.#drain(Number.POSITIVE_INFINITY, end);
    return tail;
  }

  /** Computes every output whose centre lies before the input sample `limit`. */
  #drain(limit: number, end = Number.POSITIVE_INFINITY): Float32Array {
    const most = Math.ceil((Math.min(limit, this.#base + this.#held.length) * this.#up) / this.#down) + 1 - this.#out;
    const out = new Float32Array(Math.max(0, most));
    let made = 0;
    for (; made < out.length && this.#out < end; made++, this.#out++) {
      const position = this.#out * this.#down;
      const centre = Math.floor(position / this.#up);
      if (centre >= limit) break;
      const filter = this.#filters[position % this.#up]!;
      const first = centre - this.#half + 1 - this.#base;
      let sum = 0;
      for (let tap = 0; tap < filter.length; tap++) sum += filter[tap]! * (this.#held[first + tap] ?? 0);
      out[made] = sum;
    }
    const keepFrom = Math.floor((this.#out * this.#down) / this.#up) - this.#half + 1;
    const dropped = Math.max(0, Math.min(this.#held.length, keepFrom - this.#base));
    this.#held = this.#held.slice(dropped);
    this.#base += dropped;
    return out.slice(0, made);
  }
}

/** Filter `phase` weighs the inputs centre-half+1 … centre+half for an output `phase / up` past the centre. */
function filters(up: number, half: number, cutoff: number): Float32Array[] {
  return Array.from({ length: up }, (_, phase) => {
    const taps = new Float32Array(2 * half);
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) {
      const x = tap - half + 1 - phase / up;
      taps[tap] = cutoff * sinc(cutoff * x) * kaiser(x / half);
      sum += taps[tap]!;
    }
    // Unity gain at every phase; otherwise a constant input would hum at the phase rate.
    return taps.map((value) => value / sum);
  });
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

function kaiser(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order zero, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-10; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
