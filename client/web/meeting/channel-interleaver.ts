import { Resampler, type ResamplerDesign, TARGET_RATE } from '../audio/resample.ts';

/** 30 ms of two interleaved channels, and the loudness of each. */
export interface InterleavedBlock {
  readonly pcm: Int16Array<ArrayBuffer>;
  /** Highest absolute sample before resampling, 0 to 1: me, them. */
  readonly peaks: readonly [number, number];
}

const BLOCK_SAMPLES = (TARGET_RATE * 30) / 1_000;

/**
 * Combines two sources into one stream of two channels. Both are pushed together, quantum by quantum, so that neither gets ahead
 * of the other. A missing source is silence of the same length.
 */
export class ChannelInterleaver {
  readonly #resamplers: readonly [Resampler, Resampler];
  #pcm = new Int16Array(BLOCK_SAMPLES * 2);
  #count = 0;
  #peaks: [number, number] = [0, 0];
  #silence = new Float32Array(128);

  constructor(design: ResamplerDesign) {
    this.#resamplers = [new Resampler(design), new Resampler(design)];
  }

  /** Takes `frames` samples of each source and returns every block that is complete. */
  push(me: Float32Array | undefined, them: Float32Array | undefined, frames = 128): InterleavedBlock[] {
    const blocks: InterleavedBlock[] = [];
    const [mine, theirs] = [this.#resample(0, me, frames), this.#resample(1, them, frames)];
    for (let i = 0; i < mine.length; i++) {
      this.#pcm[this.#count++] = toSample(mine[i]!);
      this.#pcm[this.#count++] = toSample(theirs[i]!);
      if (this.#count === this.#pcm.length) blocks.push(this.#takeBlock());
    }
    return blocks;
  }

  #resample(channel: 0 | 1, given: Float32Array | undefined, frames: number): Float32Array {
    if (this.#silence.length !== frames) this.#silence = new Float32Array(frames);
    const sound = given?.length === frames ? given : this.#silence;
    let peak = this.#peaks[channel];
    for (const value of sound) peak = Math.max(peak, Math.abs(value));
    this.#peaks[channel] = peak;
    return this.#resamplers[channel].push(sound);
  }

  #takeBlock(): InterleavedBlock {
    const block = { pcm: this.#pcm, peaks: this.#peaks };
    this.#pcm = new Int16Array(BLOCK_SAMPLES * 2);
    this.#count = 0;
    this.#peaks = [0, 0];
    return block;
  }
}

const toSample = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
