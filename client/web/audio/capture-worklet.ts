import { Resampler, type ResamplerDesign, TARGET_RATE, toInt16 } from './resample.ts';

// Globals of the audio thread, which are missing from the DOM's types.
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** What the audio thread sends to the page: 30 ms of 16 kHz samples and their loudness. */
export interface CaptureBlock {
  readonly pcm: Int16Array<ArrayBuffer>;
  /** Highest absolute sample before resampling, 0-1. */
  readonly peak: number;
}

const BLOCK = (TARGET_RATE * 30) / 1_000;

class Capture extends AudioWorkletProcessor {
  readonly #resampler: Resampler;
  readonly #block = new Float32Array(BLOCK);
  #count = 0;
  #peak = 0;

  constructor({ processorOptions }: { readonly processorOptions: ResamplerDesign }) {
    super();
    this.#resampler = new Resampler(processorOptions);
  }

  /** Called for every 128 samples. Must not block and should allocate little. */
  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0];
    if (input === undefined) return true;
    for (const value of input) this.#peak = Math.max(this.#peak, Math.abs(value));
    for (const value of this.#resampler.push(input)) {
      this.#block[this.#count++] = value;
      if (this.#count === BLOCK) this.#send();
    }
    return true;
  }

  #send(): void {
    const pcm = toInt16(this.#block);
    this.port.postMessage({ pcm, peak: this.#peak } satisfies CaptureBlock, [pcm.buffer]);
    this.#count = 0;
    this.#peak = 0;
  }
}

registerProcessor('sotto-capture', Capture);
