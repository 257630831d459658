import { createOpusDecoder } from '@audio/decode-opus/core';
import decode from 'audio-decode';
import type { AudioKind } from '../../ports/decoder.ts';

export interface DecodedSound {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}

export interface Codec {
  decode(bytes: Uint8Array): Promise<DecodedSound>;
  /** Returns the last samples and frees the codec. */
  flush(): Promise<DecodedSound>;
  free(): void;
}

/** Opens the library's streaming decoder for a container, or libopus itself for bare packets. */
export async function openCodec(
  kind: AudioKind,
  raw: { readonly sampleRate: number; readonly channels: number } | undefined,
): Promise<Codec> {
  if (kind === 'opus-packets') return openPacketDecoder(raw ?? { sampleRate: 48_000, channels: 1 });
  const decoder = await decode[kind]();
  return {
    decode: (bytes) => decoder(bytes),
    flush: () => decoder(),
    free: () => decoder.free(),
  };
}

const OPUS_RATES = [8_000, 12_000, 16_000, 24_000, 48_000] as const;

async function openPacketDecoder(raw: { readonly sampleRate: number; readonly channels: number }): Promise<Codec> {
  const sampleRate = OPUS_RATES.find((rate) => rate === raw.sampleRate) ?? 48_000;
  const decoder = await createOpusDecoder();
  decoder.configure({ sampleRate, channels: raw.channels });
  return {
    // A lost or torn packet costs its own 20 ms.
    decode: async (packet) => decoder.decodeFrames([packet]),
    flush: async () => {
      decoder.free();
      return { channelData: [], sampleRate };
    },
    free: () => decoder.free(),
  };
}
