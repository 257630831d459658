import { Downsampler, toInt16 } from './resample.ts';

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** What the page hears from the audio thread: 40 ms of samples with their loudness. */
export interface CaptureBlock {
  readonly pcm: Int16Array;
  /** Highest absolute sample, 0-1. */
  readonly peak: number;
}

const BLOCK_MS = 40;

class Capture extends AudioWorkletProcessor {
  readonly #downsampler = new Downsampler(sampleRate);
  #waiting: Float32Array[] = [];
  #count = 0;

  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0];
    if (input === undefined) return true;
    const samples = this.#downsampler.push(input);
    this.#waiting.push(samples);
    this.#count += samples.length;
    if (this.#count >= (this.#downsampler.rate * BLOCK_MS) / 1_000) this.#flush();
    return true;
  }

  #flush(): void {
    const block = new Float32Array(this.#count);
    let at = 0;
    for (const samples of this.#waiting) {
      block.set(samples, at);
      at += samples.length;
    }
    const peak = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const pcm = toInt16(block);
    this.port.postMessage({ pcm, peak } satisfies CaptureBlock, [pcm.buffer]);
    this.#waiting = [];
    this.#count = 0;
  }
}

registerProcessor('sotto-capture', Capture);
