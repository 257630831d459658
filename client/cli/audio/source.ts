import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { isFileHeader } from '../../../server/libav/detect-format.ts';
import type { Encoding } from '../../sdk/index.ts';
import { UserError } from '../output/user-error.ts';
import type { AudioSource } from './audio-source.ts';
import { decodeFile, decodeInput } from './decode.ts';
import { readWavHeader, type WavHeader } from './wav.ts';

/** Format of raw samples on standard input. */
export interface RawFormat {
  readonly encoding: Encoding;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Bytes at the beginning of a file that tell its format. */
const HEAD_BYTES = 65_536;
const CHUNK_MS = 100;
const BYTES: Readonly<Record<Encoding, number>> = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 };

/** Opens a file, or standard input for `-`. The samples of a WAV are sent as they are; anything else is decoded on the way. Throws a `UserError` when it cannot. */
export async function openSource(path: string, raw: RawFormat): Promise<AudioSource> {
  if (path === '-') return openInput(raw);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UserError(`There is no file ${path}.`);
  if (found.isDirectory()) throw new UserError(`${path} is a folder; name a file in it.`);
  if (found.size === 0) throw new UserError(`${path} is empty.`);
  const file = await open(path);
  const head = Buffer.alloc(Math.min(HEAD_BYTES, found.size));
  await file.read(head, 0, head.length, 0);
  await file.close();
  const wav = readWavHeader(head);
  if (wav !== undefined && isStreamable(wav)) return wavSource(path, wav, found.size);
  return decodeFile(path);
}

const isStreamable = (wav: WavHeader): boolean =>
  wav.encoding !== undefined &&
  wav.sampleRate >= 8_000 &&
  wav.sampleRate <= 48_000 &&
  wav.channels >= 1 &&
  wav.channels <= 8;

function wavSource(path: string, wav: WavHeader, size: number): AudioSource {
  const { encoding, sampleRate, channels, dataFrom } = wav;
  const bytes = Math.min(wav.dataBytes, size - dataFrom);
  const perSecond = sampleRate * channels * BYTES[encoding!];
  return {
    format: { encoding: encoding!, sampleRate, channels, channelMode: 'mix' },
    durationMs: Math.round((bytes / perSecond) * 1_000),
    chunks: () =>
      createReadStream(path, {
        start: dataFrom,
        end: dataFrom + bytes - 1,
        highWaterMark: chunkBytes(perSecond, channels, encoding!),
      }),
  };
}

/** Size of a tenth of a second, in whole sample frames. */
function chunkBytes(perSecond: number, channels: number, encoding: Encoding): number {
  const frame = channels * BYTES[encoding];
  return Math.max(frame, Math.floor((perSecond * CHUNK_MS) / 1_000 / frame) * frame);
}

/** Opens standard input: a WAV by its header, another container by its first bytes, anything else as raw samples. */
async function openInput(raw: RawFormat): Promise<AudioSource> {
  const input = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await input.next();
  if (first.done === true) throw new UserError('Nothing came on standard input.');
  let head = first.value;
  const rest = async function* (): AsyncGenerator<Buffer> {
    for (let next = await input.next(); next.done !== true; next = await input.next()) yield next.value;
  };
  // A pipe may deliver its first bytes in small pieces.
  while (head.length < 4_096) {
    const next = await input.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const wav = readWavHeader(head);
  if (wav !== undefined && isStreamable(wav)) {
    const { encoding, sampleRate, channels, dataFrom } = wav;
    return {
      format: { encoding: encoding!, sampleRate, channels, channelMode: 'mix' },
      durationMs: undefined,
      // Programs write their tags behind the samples.
      chunks: () => limited(joined(head.subarray(dataFrom), rest()), wav.dataBytes),
    };
  }
  if (wav !== undefined || isFileHeader(head)) return decodeInput(joined(head, rest()));
  return { format: { ...raw, channelMode: 'mix' }, durationMs: undefined, chunks: () => joined(head, rest()) };
}

/** The first `bytes` of some audio; reads on to the end, so that whoever writes it is not cut off. */
async function* limited(audio: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const part of audio) {
    if (left > 0) yield part.subarray(0, Math.min(left, part.length));
    left -= part.length;
  }
}

async function* joined(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}
