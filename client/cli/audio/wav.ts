import { getOwnEntry } from '../../../protocol/own-entry.ts';
import type { Encoding } from '../../sdk/index.ts';

export interface WavHeader {
  /** Undefined when the samples must be converted first (8, 24 or 32 bit integers, ADPCM and others). */
  readonly encoding: Encoding | undefined;
  readonly sampleRate: number;
  readonly channels: number;
  readonly dataFrom: number;
  /** Bytes of samples; Infinity for a streamed WAV, whose header does not know. */
  readonly dataBytes: number;
}

const FORMATS: Readonly<Record<string, Encoding>> = {
  '1/16': 'pcm_s16le',
  '3/32': 'pcm_f32le',
  '6/8': 'alaw',
  '7/8': 'mulaw',
};
const EXTENSIBLE = 0xfffe;

/** Reads the chunks before the samples. Undefined when this is no WAV, or when the samples begin after the end of `head`. */
export function readWavHeader(head: Buffer): WavHeader | undefined {
  if (head.length < 12 || head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE')
    return undefined;
  let format: Omit<WavHeader, 'dataFrom' | 'dataBytes'> | undefined;
  for (let at = 12; at + 8 <= head.length; ) {
    const name = head.toString('latin1', at, at + 4);
    const size = head.readUInt32LE(at + 4);
    if (name === 'fmt ' && at + 24 <= head.length) format = readFormat(head, at + 8, size);
    if (name === 'data') {
      if (format === undefined) return undefined;
      const open = size === 0 || size === 0xffffffff;
      return { ...format, dataFrom: at + 8, dataBytes: open ? Number.POSITIVE_INFINITY : size };
    }
    // Chunks are padded to an even length.
    at += 8 + size + (size % 2);
  }
  return undefined;
}

function readFormat(head: Buffer, at: number, size: number): Omit<WavHeader, 'dataFrom' | 'dataBytes'> {
  const tag = head.readUInt16LE(at);
  const kind = tag === EXTENSIBLE && size >= 26 && at + 26 <= head.length ? head.readUInt16LE(at + 24) : tag;
  return {
    encoding: getOwnEntry(FORMATS, `${kind}/${head.readUInt16LE(at + 14)}`),
    channels: head.readUInt16LE(at + 2),
    sampleRate: head.readUInt32LE(at + 4),
  };
}
