import type { AudioFormat } from '../../sdk/index.ts';
import type { AudioSource } from '../audio/audio-source.ts';

/** Opens the audio source; it ends when the signal aborts. */
export type OpenSource = (signal: AbortSignal) => Promise<AudioSource>;

export interface AudioCapture {
  readonly format: AudioFormat;
  chunks(): AsyncIterable<Uint8Array>;
  /** Stops capturing; the chunks captured until then still arrive. */
  stop(): void;
}

/** Where the audio of each dictation comes from. */
export interface AudioInput {
  capture(): Promise<AudioCapture>;
  close(): void;
}

/** Opens the microphone when a dictation begins, so that its light is on only then. */
export class OnDemandInput implements AudioInput {
  readonly #open: OpenSource;

  constructor(open: OpenSource) {
    this.#open = open;
  }

  async capture(): Promise<AudioCapture> {
    const controller = new AbortController();
    const source = await this.#open(controller.signal);
    return { format: source.format, chunks: () => source.chunks(), stop: () => controller.abort() };
  }

  close(): void {}
}

/** Audio kept from before the beginning of a dictation, ms: people begin to speak before they have pressed the key. */
export const PREROLL_MS = 500;
const BYTES = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 } as const;
const RETRY_MS = 2_000;

/** Keeps the microphone open, so that a dictation begins with the last half second. */
export class WarmInput implements AudioInput {
  readonly #open: OpenSource;
  readonly #controller = new AbortController();
  readonly #recent: Uint8Array[] = [];
  readonly #warn: (text: string) => void;
  #source: AudioSource | undefined;
  #listener: ChunkQueue | undefined;
  #problem: unknown;

  constructor(open: OpenSource, warn: (text: string) => void) {
    this.#open = open;
    this.#warn = warn;
    void this.#run();
  }

  async capture(): Promise<AudioCapture> {
    if (this.#source === undefined) throw this.#problem ?? new Error('The microphone is not open yet.');
    const queue = new ChunkQueue();
    for (const chunk of this.#recent) queue.push(chunk);
    this.#recent.length = 0;
    this.#listener = queue;
    return { format: this.#source.format, chunks: () => queue, stop: () => this.#release(queue) };
  }

  close(): void {
    this.#controller.abort();
  }

  #release(queue: ChunkQueue): void {
    queue.end();
    if (this.#listener === queue) this.#listener = undefined;
  }

  /** Restarts a recorder that stops, for instance when a headset was unplugged. */
  async #run(): Promise<void> {
    const { signal } = this.#controller;
    while (!signal.aborted) {
      try {
        const source = await this.#open(signal);
        this.#source = source;
        this.#problem = undefined;
        const { encoding, sampleRate, channels } = source.format;
        const keep = (PREROLL_MS * sampleRate * channels * BYTES[encoding]) / 1_000;
        for await (const chunk of source.chunks()) this.#receive(chunk, keep);
      } catch (error) {
        if (this.#problem === undefined) this.#warn(error instanceof Error ? error.message : String(error));
        this.#problem = error;
      }
      this.#source = undefined;
      this.#listener?.end();
      this.#listener = undefined;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
  }

  #receive(chunk: Uint8Array, keep: number): void {
    if (this.#listener !== undefined) return this.#listener.push(chunk);
    this.#recent.push(chunk);
    let bytes = this.#recent.reduce((sum, { length }) => sum + length, 0);
    while (bytes - this.#recent[0]!.length >= keep) bytes -= this.#recent.shift()!.length;
  }
}

/** A queue of chunks with one reader. The reader sends them at once, so the queue stays short. */
class ChunkQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #over = false;
  #wake: (() => void) | undefined;

  push(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  end(): void {
    this.#over = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#over) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
