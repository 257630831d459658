import type { ChannelLayout } from '../../ports/decoder.ts';

const CHANNELS_MAX = 8;
const RATE_MIN = 8_000;
const RATE_MAX = 48_000;

/** Planar channels at any rate → interleaved ones at a rate the session takes. */
export class ChannelMapper {
  readonly #layout: ChannelLayout;
  #rate: number | undefined;
  #channels: number | undefined;
  /** Samples of each channel that wait for their neighbours where faster audio is averaged. */
  #left: Float32Array[] = [];

  constructor(layout: ChannelLayout) {
    this.#layout = layout;
  }

  fit(planes: readonly Float32Array[], rate: number): { sampleRate: number; channels: number; samples: Float32Array } {
    if (!Number.isInteger(rate) || rate < 1_000 || rate > 768_000) throw new Error(`a sample rate of ${rate} Hz`);
    const kept = this.#layout === 'mix' ? [mixed(planes)] : planes.slice(0, CHANNELS_MAX);
    this.#rate ??= rate;
    this.#channels ??= kept.length;
    if (rate !== this.#rate) throw new Error('the sample rate changes on the way');
    // Some files go from one channel to two and back; the first number counts.
    const channels = Array.from({ length: this.#channels }, (_, i) => kept[Math.min(i, kept.length - 1)]!);
    if (rate > RATE_MAX)
      return interleaved(this.#slower(channels, Math.ceil(rate / RATE_MAX)), rate / Math.ceil(rate / RATE_MAX));
    if (rate < RATE_MIN)
      return interleaved(
        channels.map((plane) => faster(plane, Math.ceil(RATE_MIN / rate))),
        rate * Math.ceil(RATE_MIN / rate),
      );
    return interleaved(channels, rate);
  }

  #slower(channels: readonly Float32Array[], by: number): Float32Array[] {
    return channels.map((plane, channel) => {
      const left = this.#left[channel] ?? new Float32Array(0);
      const all = new Float32Array(left.length + plane.length);
      all.set(left);
      all.set(plane, left.length);
      const out = new Float32Array(Math.floor(all.length / by));
      for (let i = 0; i < out.length; i++) {
        let sum = 0;
        for (let k = 0; k < by; k++) sum += all[i * by + k]!;
        out[i] = sum / by;
      }
      this.#left[channel] = all.slice(out.length * by);
      return out;
    });
  }
}

function mixed(planes: readonly Float32Array[]): Float32Array {
  if (planes.length === 1) return planes[0]!;
  return planes[0]!.map((_, i) => planes.reduce((sum, plane) => sum + (plane[i] ?? 0), 0) / planes.length);
}

function faster(plane: Float32Array, by: number): Float32Array {
  return Float32Array.from({ length: plane.length * by }, (_, i) => plane[Math.floor(i / by)]!);
}

function interleaved(planes: readonly Float32Array[], rate: number) {
  const channels = planes.length;
  const sampleRate = Math.round(rate);
  if (channels === 1) return { sampleRate, channels, samples: planes[0]! };
  const samples = new Float32Array(planes[0]!.length * channels);
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < planes[0]!.length; i++) samples[i * channels + channel] = planes[channel]![i] ?? 0;
  return { sampleRate, channels, samples };
}
