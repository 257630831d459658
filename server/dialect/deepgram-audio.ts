import { type Encoding, Fault, getOwnEntry, hasOwnKey } from '../../protocol/index.ts';
import type { AudioKind, ChannelLayout } from '../ports/decoder.ts';
import type { EncodedFormat } from '../ports/dialect.ts';
import { readInteger } from './deepgram-query.ts';

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  linear16: 'pcm_s16le',
  linear32: 'pcm_f32le',
  mulaw: 'mulaw',
  alaw: 'alaw',
};
const COMPRESSED: Readonly<Record<string, AudioKind>> = { opus: 'opus-packets', 'ogg-opus': 'opus', flac: 'flac' };
const WANT = `encoding=${[...Object.keys(ENCODINGS), ...Object.keys(COMPRESSED)].join(', ')}, or a container without it`;

/** The format of raw samples. */
export function parseRawFormat(query: URLSearchParams, channels: number) {
  const text = query.get('encoding') ?? '';
  const encoding = getOwnEntry(ENCODINGS, text);
  if (encoding === undefined) throw new Fault('audio.format', { got: text.slice(0, 40), want: WANT });
  const sampleRate = readInteger(query, 'sample_rate', [8_000, 48_000]);
  if (sampleRate === undefined)
    throw new Fault('command.option', { name: 'sample_rate', got: '(none)', want: '8000 to 48000' });
  return { encoding, sampleRate, channels };
}

/** The format of compressed audio: bare Opus packets, or a container whose first bytes tell its kind. */
export function parseEncodedFormat(
  query: URLSearchParams,
  { channels, layout }: { readonly channels: number; readonly layout: ChannelLayout },
): EncodedFormat | undefined {
  const text = query.get('encoding') ?? '';
  if (text !== '' && !hasOwnKey(COMPRESSED, text)) return undefined;
  const sampleRate = readInteger(query, 'sample_rate', [8_000, 48_000]) ?? 48_000;
  return {
    kind: getOwnEntry(COMPRESSED, text),
    layout,
    raw: { sampleRate, channels: Math.min(2, channels) },
    want: WANT,
  };
}
