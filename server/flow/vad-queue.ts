import type { SpeechProbe } from '../ports/speech-model.ts';

interface Window {
  readonly from: number;
  readonly to: number;
}

/** Runs the windows of one channel through the VAD, one at a time and in order. */
export class VadQueue {
  readonly #probe: SpeechProbe;
  readonly #readAudio: (from: number, to: number) => Float32Array;
  readonly #onProbability: (from: number, to: number, probability: number) => void;
  readonly #onError: (error: unknown) => void;
  #waiting: Window[] = [];
  #isRunning = false;
  #isClosed = false;

  constructor(
    probe: SpeechProbe,
    readAudio: (from: number, to: number) => Float32Array,
    onProbability: (from: number, to: number, probability: number) => void,
    onError: (error: unknown) => void,
  ) {
    this.#probe = probe;
    this.#readAudio = readAudio;
    this.#onProbability = onProbability;
    this.#onError = onError;
  }

  /** Bounded by the session's audio ring: the driver stops reading long before it is full. */
  push(from: number, to: number): void {
    this.#waiting.push({ from, to });
    if (!this.#isRunning) void this.#run().catch(this.#onError);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#probe.close();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let window = this.#waiting.shift(); window !== undefined && !this.#isClosed; window = this.#waiting.shift()) {
      const { from, to } = window;
      // A failing VAD must not swallow words: a window without a probability counts as speech.
      const probability = await this.#probe.computeProbability(this.#readAudio(from, to)).catch(() => 1);
      if (!this.#isClosed) this.#onProbability(from, to, probability);
    }
    this.#isRunning = false;
  }
}
