import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { loadNetwork, toFloats } from '../../server/vad/onnx.ts';

const FRAME = 512;
const HOP = 256;
const BINS = FRAME / 2 + 1;
const WINDOW = Float32Array.from({ length: FRAME }, (_, i) => Math.sin((Math.PI * i) / FRAME));
const COSINES = Float32Array.from({ length: FRAME }, (_, i) => Math.cos((2 * Math.PI * i) / FRAME));
const CACHES = { conv_cache: [2, 1, 16, 16, 33], tra_cache: [2, 3, 1, 1, 16], inter_cache: [2, 1, 33, 16] } as const;

/** GTCRN, a network that takes noise out of speech, frame by frame of 32 ms with a hop of 16 ms. */
export class Gtcrn {
  readonly #session: InferenceSession;
  /** Processor time of the network, without the transforms around it, and frames it was spent on. */
  microseconds = 0;
  frames = 0;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async load(path: string): Promise<Gtcrn> {
    return new Gtcrn((await loadNetwork(() => path)).session);
  }

  /** Returns a whole stream without its noise, at the same times. */
  async enhance(samples: Float32Array): Promise<Float32Array> {
    const padded = new Float32Array(Math.ceil(samples.length / HOP) * HOP + FRAME);
    padded.set(samples, HOP);
    const out = new Float32Array(padded.length);
    let caches: Record<string, Tensor> = Object.fromEntries(
      Object.entries(CACHES).map(([name, dims]) => {
        const size = dims.reduce<number>((product, each) => product * each, 1);
        return [name, new Tensor('float32', new Float32Array(size), [...dims])];
      }),
    );
    for (let at = 0; at + FRAME <= padded.length; at += HOP) {
      const mix = new Tensor('float32', transform(padded.subarray(at, at + FRAME)), [1, BINS, 1, 2]);
      const before = process.cpuUsage();
      const result = await this.#session.run({ mix, ...caches });
      const { user, system } = process.cpuUsage(before);
      this.microseconds += user + system;
      this.frames++;
      caches = Object.fromEntries(Object.keys(CACHES).map((name) => [name, result[`${name}_out`] as Tensor]));
      addInverse(toFloats(result['enh'] as Tensor), out.subarray(at, at + FRAME));
    }
    return out.slice(HOP, HOP + samples.length);
  }
}

/** Windowed discrete Fourier transform: real and imaginary part of each bin. */
function transform(frame: Float32Array): Float32Array {
  const spectrum = new Float32Array(2 * BINS);
  for (let bin = 0; bin < BINS; bin++) {
    let [real, imaginary] = [0, 0];
    for (let i = 0; i < FRAME; i++) {
      const value = frame[i]! * WINDOW[i]!;
      real += value * COSINES[(bin * i) % FRAME]!;
      // The sine is the cosine three quarters of a turn later.
      imaginary -= value * COSINES[(bin * i + (3 * FRAME) / 4) % FRAME]!;
    }
    spectrum[2 * bin] = real;
    spectrum[2 * bin + 1] = imaginary;
  }
  return spectrum;
}

function addInverse(spectrum: Float32Array, out: Float32Array): void {
  for (let i = 0; i < FRAME; i++) {
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const weight = bin === 0 || bin === BINS - 1 ? 1 : 2;
      const [real, imaginary] = [spectrum[2 * bin]!, spectrum[2 * bin + 1]!];
      const sine = COSINES[(bin * i + (3 * FRAME) / 4) % FRAME]!;
      sum += weight * (real * COSINES[(bin * i) % FRAME]! - imaginary * sine);
    }
    out[i] = out[i]! + (sum / FRAME) * WINDOW[i]!;
  }
}
