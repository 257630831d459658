import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { type DecoderStream, DecoderThread } from '../../../server/libav/decoder-thread.ts';
import type { DecodedStep } from '../../../server/libav/messages.ts';
import { UserError } from '../output/user-error.ts';
import { buildProgramEnvironment } from '../programs/program-environment.ts';
import type { AudioSource } from './audio-source.ts';

const WANT =
  'WAV, MP3, MP2, M4A, MP4, MOV, MKV, WebM, OGG, Opus, FLAC, AAC, AIFF, CAF, AU, AMR, WMA, WavPack, TTA and others are';
/** Format of what ffmpeg makes, where it has to help. */
const FFMPEG_RATE = 16_000;
/** Most channels a session takes. */
const CHANNELS_MAX = 8;

/** Decodes a file while it is sent. `ffmpeg`, if installed, decodes what libav here cannot. Throws a `UserError` when neither can. */
export async function decodeFile(path: string): Promise<AudioSource> {
  const thread = new DecoderThread();
  const open = (): DecoderStream => thread.open({ kind: 'path', path });
  const stream = open();
  try {
    const first = await readFirst(stream, (step) => (step === undefined ? stream.read() : undefined));
    const description = describe(first);
    return { ...description, chunks: () => readAll(open(), description.format.channels) };
  } catch (error) {
    await thread.close();
    const converted = await convertWithFfmpeg(path);
    if (converted !== undefined) return converted;
    throw unreadable(path, error);
  }
}

/** Decodes a recording while it arrives. Throws a `UserError` when it cannot. */
export async function decodeInput(input: AsyncIterable<Uint8Array>): Promise<AudioSource> {
  const stream = new DecoderThread().open({ kind: 'live' });
  const arriving = input[Symbol.asyncIterator]();
  const feed = async (): Promise<DecodedStep | undefined> => {
    const next = await arriving.next();
    return next.done === true ? undefined : await stream.feed(next.value);
  };
  const name = 'Standard input';
  let hasEnded = false;
  const step = async (): Promise<DecodedStep | undefined> => {
    if (hasEnded) return undefined;
    const fed = await feed();
    hasEnded = fed === undefined;
    return fed ?? (await stream.end());
  };
  try {
    const first = await readFirst(stream, step);
    const { format } = describe(first);
    const { channels } = format;
    return {
      format,
      durationMs: undefined,
      async *chunks() {
        try {
          yield toBytes(first.piece, channels);
          for (let last: DecodedStep | undefined = first; last !== undefined; ) {
            last = last.hasMore ? await stream.read() : await step();
            if (last?.piece !== undefined) yield toBytes(last.piece, channels);
          }
        } catch (error) {
          throw unreadable(name, error);
        }
      },
    };
  } catch (error) {
    throw unreadable(name, error);
  }
}

type Decoded = DecodedStep & { readonly piece: NonNullable<DecodedStep['piece']> };

/** The first step with sound in it. */
async function readFirst(
  stream: DecoderStream,
  more: (last: DecodedStep | undefined) => Promise<DecodedStep | undefined> | undefined,
): Promise<Decoded> {
  let step = await more(undefined);
  while (step !== undefined && step.piece === undefined) step = step.hasMore ? await stream.read() : await more(step);
  if (step?.piece === undefined) throw new Error('it has no sound in it');
  return { ...step, piece: step.piece };
}

async function* readAll(stream: DecoderStream, channels: number): AsyncGenerator<Uint8Array> {
  try {
    for (let hasMore = true; hasMore; ) {
      const step = await stream.read();
      if (step.piece !== undefined) yield toBytes(step.piece, channels);
      ({ hasMore } = step);
    }
  } finally {
    stream.close();
  }
}

function describe({ piece, durationMs }: Decoded): Pick<AudioSource, 'format' | 'durationMs'> {
  const channels = Math.min(piece.planes.length, CHANNELS_MAX);
  return {
    format: { encoding: 'pcm_s16le', sampleRate: piece.sampleRate, channels, channelMode: 'mix' },
    durationMs,
  };
}

/** Interleaved 16-bit samples. The server mixes the channels; joined recordings may change their number, and the first applies. */
function toBytes({ planes }: Decoded['piece'], channels: number): Uint8Array {
  const kept = channels === 1 && planes.length > 1 ? [average(planes)] : planes;
  const samples = new Int16Array(planes[0]!.length * channels);
  for (let channel = 0; channel < channels; channel++)
    for (const [i, sample] of kept[Math.min(channel, kept.length - 1)]!.entries())
      samples[i * channels + channel] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
  return new Uint8Array(samples.buffer);
}

const average = (planes: readonly Float32Array[]): Float32Array =>
  planes[0]!.map((_, i) => planes.reduce((sum, plane) => sum + plane[i]!, 0) / planes.length);

function unreadable(name: string, error: unknown): UserError {
  const why = error instanceof Error ? error.message : String(error);
  return new UserError(
    `${name} is not audio that can be read: ${why}. ${WANT}. With ffmpeg installed, most other files are too.`,
  );
}

/** Undefined when ffmpeg is not installed or cannot decode the file either. */
async function convertWithFfmpeg(path: string): Promise<AudioSource | undefined> {
  const start = (): Readable => {
    const options = ['-loglevel', 'error', '-protocol_whitelist', 'pipe', '-i', 'pipe:0'];
    const child = spawn('ffmpeg', [...options, '-f', 's16le', '-ac', '1', '-ar', `${FFMPEG_RATE}`, 'pipe:1'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: buildProgramEnvironment(),
    });
    child.on('error', () => child.stdout.destroy());
    // ffmpeg may stop reading early, which breaks the pipe.
    child.stdin.on('error', () => {});
    createReadStream(path).pipe(child.stdin);
    return child.stdout;
  };
  const probe = start();
  await Promise.race([once(probe, 'readable'), once(probe, 'close')]).catch(() => {});
  const hasSound = probe.read(2) !== null;
  probe.destroy();
  if (!hasSound) return undefined;
  return {
    format: { encoding: 'pcm_s16le', sampleRate: FFMPEG_RATE, channels: 1, channelMode: 'mix' },
    durationMs: undefined,
    chunks: start,
  };
}
