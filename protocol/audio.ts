import { z } from 'zod';

/** Encodings a client may send; all little-endian, channels interleaved. */
export const Encoding = z.enum(['pcm_s16le', 'pcm_f32le', 'mulaw', 'alaw']);
export type Encoding = z.infer<typeof Encoding>;

export const BYTES_PER_SAMPLE: Readonly<Record<Encoding, number>> = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 };

export const AudioFormat = z
  .object({
    encoding: Encoding.default('pcm_s16le').describe('Sample encoding of every binary frame.'),
    sampleRate: z.int().min(8_000).max(48_000).default(16_000).describe('Samples per second and channel, 8000-48000.'),
    channels: z.int().min(1).max(8).default(1).describe('Interleaved channels, 1-8.'),
    channelMode: z
      .enum(['mix', 'separate'])
      .default('mix')
      .describe('`mix` averages the channels into one speaker; `separate` gives each its own text and times.'),
  })
  .describe('Format of the binary frames. It cannot change during a session.');
export type AudioFormat = z.infer<typeof AudioFormat>;
