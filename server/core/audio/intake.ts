import { type AudioFormat, BYTES_PER_SAMPLE } from '../../../protocol/index.ts';
import { SAMPLE_RATE } from '../time.ts';
import { ChannelMixer } from './channel-mixer.ts';
import { OFFSET_MEMORY_SECONDS, OffsetFilter } from './offset-filter.ts';
import { decodePcm } from './pcm.ts';
import { Resampler } from './resample.ts';

/** The samples of one frame of a client's audio. */
export interface IntakeResult {
  /** One array per speaker, all of one length, mono 16 kHz, without a constant offset. */
  readonly channels: readonly Float32Array[];
  /** The bytes of the client's audio they were made of: whole samples. */
  readonly bytes: Uint8Array;
  readonly invalid: number;
  readonly clipped: number;
}

/** Turns received bytes into 16 kHz samples of each speaker. Frames may be cut anywhere: a torn sample waits for its rest. */
export class AudioIntake {
  readonly #format: AudioFormat;
  readonly #frameBytes: number;
  readonly #offsetFilters: readonly OffsetFilter[];
  readonly #resamplers: readonly Resampler[];
  /** Undefined when there is nothing to mix. */
  readonly #mixer: ChannelMixer | undefined;
  #torn = new Uint8Array(0);
  #frames: number;

  /** `from` is the first frame it will be given, if a stream goes on after a restart. */
  constructor(format: AudioFormat, from = 0) {
    this.#format = format;
    this.#frames = from;
    this.#frameBytes = BYTES_PER_SAMPLE[format.encoding] * format.channels;
    // In front of the resamplers, which take the time before the first sample for silence: an offset would begin with a click.
    this.#offsetFilters = Array.from({ length: this.speakers }, () => new OffsetFilter(format.sampleRate));
    this.#resamplers = Array.from({ length: this.speakers }, () => new Resampler(format.sampleRate, from));
    this.#mixer = this.speakers < format.channels ? new ChannelMixer(format.channels, format.sampleRate) : undefined;
  }

  get speakers(): number {
    return this.#format.channelMode === 'separate' ? this.#format.channels : 1;
  }

  /** Whole samples of each channel taken in, at the client's rate. */
  get frames(): number {
    return this.#frames;
  }

  get frameBytes(): number {
    return this.#frameBytes;
  }

  /** Position of the next 16 kHz sample. */
  get out(): number {
    return this.#resamplers[0]!.out;
  }

  /** The frame to continue from so that the 16 kHz samples from `sample` on stay exactly the same. */
  rewound(sample: number): number {
    return this.#resamplers[0]!.rewound(Math.max(0, sample - OFFSET_MEMORY_SECONDS * SAMPLE_RATE));
  }

  /** Drops the torn sample at the end: a client that resumes begins with a whole one. */
  dropTorn(): void {
    this.#torn = new Uint8Array(0);
  }

  push(bytes: Uint8Array): IntakeResult {
    const whole = this.#join(bytes);
    const { samples, invalid, clipped } = decodePcm(this.#format.encoding, whole);
    const channels = this.#resamplers.map((resampler, speaker) =>
      resampler.push(this.#offsetFilters[speaker]!.push(this.#pick(samples, speaker))),
    );
    return { channels, bytes: whole, invalid, clipped };
  }

  /** The resamplers' tails, once no more audio follows. A torn last sample is dropped. */
  flush(): readonly Float32Array[] {
    return this.#resamplers.map((resampler) => resampler.flush());
  }

  #join(bytes: Uint8Array): Uint8Array {
    const length = this.#torn.length + bytes.length;
    const whole = length - (length % this.#frameBytes);
    const joined = new Uint8Array(length);
    joined.set(this.#torn);
    joined.set(bytes, this.#torn.length);
    this.#torn = joined.slice(whole);
    this.#frames += whole / this.#frameBytes;
    return joined.subarray(0, whole);
  }

  #pick(interleaved: Float32Array, speaker: number): Float32Array {
    if (this.#mixer !== undefined) return this.#mixer.mix(interleaved);
    const { channels } = this.#format;
    if (channels === 1) return interleaved;
    return Float32Array.from({ length: interleaved.length / channels }, (_, i) => interleaved[i * channels + speaker]!);
  }
}
