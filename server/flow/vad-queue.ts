import type { SpeechProbe } from '../ports/speech-model.ts';

interface Window {
  readonly from: number;
  readonly to: number;
}

/** The windows of one channel on their way through the VAD: one at a time, in order. */
export class VadQueue {
  readonly #probe: SpeechProbe;
  readonly #audio: (from: number, to: number) => Float32Array;
  readonly #judged: (from: number, to: number, probability: number) => void;
  readonly #failed: (error: unknown) => void;
  #waiting: Window[] = [];
  #busy = false;
  #closed = false;

  constructor(
    probe: SpeechProbe,
    audio: (from: number, to: number) => Float32Array,
    judged: (from: number, to: number, probability: number) => void,
    failed: (error: unknown) => void,
  ) {
    this.#probe = probe;
    this.#audio = audio;
    this.#judged = judged;
    this.#failed = failed;
  }

  /** Bounded by the session's audio ring: the driver stops reading long before it is full. */
  push(from: number, to: number): void {
    this.#waiting.push({ from, to });
    if (!this.#busy) void this.#run().catch(this.#failed);
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#probe.close();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let window = this.#waiting.shift(); window !== undefined && !this.#closed; window = this.#waiting.shift()) {
      const { from, to } = window;
      // A VAD that fails must not swallow words: what it cannot judge counts as speech.
      const probability = await this.#probe.probability(this.#audio(from, to)).catch(() => 1);
      if (!this.#closed) this.#judged(from, to, probability);
    }
    this.#busy = false;
  }
}
