import type { OpusDecoderHandle, OpusEncoderHandle } from 'libopus-wasm';
import { SAMPLE_RATE } from '../core/time.ts';

/** Samples of a packet: 20 ms. */
export const PACKET_SAMPLES = SAMPLE_RATE / 50;
/** Samples by which an encoder delays speech at 16 kHz: 6.5 ms. */
export const ENCODER_DELAY_SAMPLES = 104;
/** Speech at 16 kHz is hardly told from the original, in 3 kB a second. */
const BITRATE = 24_000;
/** Half of the greatest effort takes a quarter of its time, and nobody hears the difference in speech. */
const COMPLEXITY = 5;
/** Encoders and decoders that are ready to be taken. They are made asynchronously, and taken in calls that do not wait. */
const SPARE = 4;

/** Encodes and decodes packets of 20 ms, mono at 16 kHz, as in RFC 6716. */
export class OpusCodec {
  readonly #library: typeof import('libopus-wasm');
  readonly #encoders: OpusEncoderHandle[] = [];
  readonly #decoders: OpusDecoderHandle[] = [];

  /** Undefined where the library is not installed or does not run. */
  static async load(): Promise<OpusCodec | undefined> {
    try {
      const codec = new OpusCodec(await import('libopus-wasm'));
      await codec.#refill();
      return codec;
    } catch {
      return undefined;
    }
  }

  private constructor(library: typeof import('libopus-wasm')) {
    this.#library = library;
  }

  /** A new encoder, to be freed; undefined when too many were taken at once. */
  takeEncoder(): OpusEncoderHandle | undefined {
    return this.#take(this.#encoders);
  }

  /** A new decoder, to be freed; undefined when too many were taken at once. */
  takeDecoder(): OpusDecoderHandle | undefined {
    return this.#take(this.#decoders);
  }

  #take<T>(spare: T[]): T | undefined {
    const taken = spare.pop();
    // One that cannot be made now, for want of memory, is missing until the next is taken.
    this.#refill().catch(() => {});
    return taken;
  }

  async #refill(): Promise<void> {
    const { createEncoder, createDecoder, Application } = this.#library;
    const audio = { sampleRate: SAMPLE_RATE, channels: 1 } as const;
    const encoding = { application: Application.Voip, bitrate: BITRATE, complexity: COMPLEXITY };
    while (this.#encoders.length < SPARE)
      this.#encoders.push(await createEncoder({ ...audio, ...encoding, frameSize: PACKET_SAMPLES }));
    while (this.#decoders.length < SPARE)
      this.#decoders.push(await createDecoder({ ...audio, maxFrameSize: PACKET_SAMPLES }));
  }
}
