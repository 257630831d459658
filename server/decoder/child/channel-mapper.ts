import type { ChannelLayout } from '../../ports/decoder.ts';

const CHANNELS_MAX = 8;
const RATE_MIN = 8_000;
const RATE_MAX = 48_000;

/** Converts planar channels at any rate to interleaved ones at a rate a session accepts. */
export class ChannelMapper {
  readonly #layout: ChannelLayout;
  #rate: number | undefined;
  #channels: number | undefined;
  /** Samples of each channel that wait for more when faster audio is averaged down. */
  #leftover: Float32Array[] = [];

  constructor(layout: ChannelLayout) {
    this.#layout = layout;
  }

  convert(
    planes: readonly Float32Array[],
    rate: number,
  ): { sampleRate: number; channels: number; samples: Float32Array } {
    if (!Number.isInteger(rate) || rate < 1_000 || rate > 768_000) throw new Error(`a sample rate of ${rate} Hz`);
    const planesToKeep = this.#layout === 'mix' ? [mixDown(planes)] : planes.slice(0, CHANNELS_MAX);
    this.#rate ??= rate;
    this.#channels ??= planesToKeep.length;
    if (rate !== this.#rate) throw new Error('the sample rate changes on the way');
    // Some files switch between one channel and two; the first count applies.
    const channels = Array.from(
      { length: this.#channels },
      (_, i) => planesToKeep[Math.min(i, planesToKeep.length - 1)]!,
    );
    if (rate > RATE_MAX)
      return interleave(this.#downsample(channels, Math.ceil(rate / RATE_MAX)), rate / Math.ceil(rate / RATE_MAX));
    if (rate < RATE_MIN)
      return interleave(
        channels.map((plane) => upsample(plane, Math.ceil(RATE_MIN / rate))),
        rate * Math.ceil(RATE_MIN / rate),
      );
    return interleave(channels, rate);
  }

  #downsample(channels: readonly Float32Array[], factor: number): Float32Array[] {
    return channels.map((plane, channel) => {
      const leftover = this.#leftover[channel] ?? new Float32Array(0);
      const all = new Float32Array(leftover.length + plane.length);
      all.set(leftover);
      all.set(plane, leftover.length);
      const out = new Float32Array(Math.floor(all.length / factor));
      for (let i = 0; i < out.length; i++) {
        let sum = 0;
        for (let k = 0; k < factor; k++) sum += all[i * factor + k]!;
        out[i] = sum / factor;
      }
      this.#leftover[channel] = all.slice(out.length * factor);
      return out;
    });
  }
}

function mixDown(planes: readonly Float32Array[]): Float32Array {
  if (planes.length === 1) return planes[0]!;
  return planes[0]!.map((_, i) => planes.reduce((sum, plane) => sum + (plane[i] ?? 0), 0) / planes.length);
}

function upsample(plane: Float32Array, factor: number): Float32Array {
  return Float32Array.from({ length: plane.length * factor }, (_, i) => plane[Math.floor(i / factor)]!);
}

function interleave(planes: readonly Float32Array[], rate: number) {
  const channels = planes.length;
  const sampleRate = Math.round(rate);
  if (channels === 1) return { sampleRate, channels, samples: planes[0]! };
  const samples = new Float32Array(planes[0]!.length * channels);
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < planes[0]!.length; i++) samples[i * channels + channel] = planes[channel]![i] ?? 0;
  return { sampleRate, channels, samples };
}
