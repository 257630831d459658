import type { Encoding } from '../../../protocol/index.ts';

/** The samples of some bytes. */
export interface DecodedPcm {
  /** Interleaved samples in [-1, 1]. */
  readonly samples: Float32Array;
  /** Number of samples that were NaN or infinite and became silence. */
  readonly invalid: number;
  /** Number of samples at or beyond full scale. */
  readonly clipped: number;
}

/** Decodes whole samples; `bytes` must hold a multiple of the encoding's size. */
export function decodePcm(encoding: Encoding, bytes: Uint8Array): DecodedPcm {
  switch (encoding) {
    case 'pcm_s16le':
      return fromInt16(bytes);
    case 'pcm_f32le':
      return fromFloat32(bytes);
    case 'mulaw':
      return fromTable(bytes, MULAW);
    case 'alaw':
      return fromTable(bytes, ALAW);
  }
}

function fromInt16(bytes: Uint8Array): DecodedPcm {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.length >> 1);
  let clipped = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = view.getInt16(i * 2, true);
    if (value === 32767 || value === -32768) clipped++;
    samples[i] = value / 32768;
  }
  return { samples, invalid: 0, clipped };
}

function fromFloat32(bytes: Uint8Array): DecodedPcm {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.length >> 2);
  let invalid = 0;
  let clipped = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = view.getFloat32(i * 4, true);
    if (!Number.isFinite(value)) {
      invalid++;
      continue;
    }
    if (value >= 1 || value <= -1) clipped++;
    samples[i] = Math.max(-1, Math.min(1, value));
  }
  return { samples, invalid, clipped };
}

function fromTable(bytes: Uint8Array, table: Float32Array): DecodedPcm {
  const samples = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = table[bytes[i]!]!;
  return { samples, invalid: 0, clipped: 0 };
}

/** ITU-T G.711: 14-bit companding with the bits inverted on the wire. */
const MULAW = Float32Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
  return ((code & 0x80) !== 0 ? -magnitude : magnitude) / 32768;
});

/** ITU-T G.711: 13-bit companding with the even bits inverted on the wire. */
const ALAW = Float32Array.from({ length: 256 }, (_, byte) => {
  const code = byte ^ 0x55;
  const exponent = (code & 0x70) >> 4;
  const mantissa = (code & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return ((code & 0x80) !== 0 ? magnitude : -magnitude) / 32768;
});
