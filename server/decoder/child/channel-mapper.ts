import { ChannelMixer } from '../../core/audio/channel-mixer.ts';
import type { ChannelLayout } from '../../ports/decoder.ts';

const CHANNELS_MAX = 8;

export interface MappedAudio {
  readonly sampleRate: number;
  readonly channels: number;
  readonly samples: Float32Array;
}

/** Converts planar channels to the layout that was asked for: one that mixes them, or the first eight, interleaved. */
export class ChannelMapper {
  readonly #layout: ChannelLayout;
  #channels: number | undefined;
  #mixer: { readonly of: number; readonly mixer: ChannelMixer } | undefined;

  constructor(layout: ChannelLayout) {
    this.#layout = layout;
  }

  convert(planes: readonly Float32Array[], sampleRate: number): MappedAudio {
    if (this.#layout === 'mix') return { sampleRate, channels: 1, samples: this.#mix(planes, sampleRate) };
    // Some files switch between one channel and two; the first count applies.
    this.#channels ??= Math.min(planes.length, CHANNELS_MAX);
    const kept = Array.from({ length: this.#channels }, (_, i) => planes[Math.min(i, planes.length - 1)]!);
    return { sampleRate, channels: kept.length, samples: interleave(kept) };
  }

  #mix(planes: readonly Float32Array[], sampleRate: number): Float32Array {
    if (planes.length === 1) return planes[0]!;
    if (this.#mixer?.of !== planes.length)
      this.#mixer = { of: planes.length, mixer: new ChannelMixer(planes.length, sampleRate) };
    return this.#mixer.mixer.mix(interleave(planes));
  }
}

function interleave(planes: readonly Float32Array[]): Float32Array {
  if (planes.length === 1) return planes[0]!;
  const samples = new Float32Array(planes[0]!.length * planes.length);
  for (const [channel, plane] of planes.entries())
    for (let i = 0; i < plane.length; i++) samples[i * planes.length + channel] = plane[i]!;
  return samples;
}
