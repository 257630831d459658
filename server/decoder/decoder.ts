import { Fault } from '../../protocol/index.ts';
import type { AudioDecoder, AudioKind, ChannelLayout, DecodedAudio, DecodeStream } from '../ports/decoder.ts';
import { tableFirst } from './moov.ts';
import { DECODABLE, DecodeProcess } from './process.ts';
import { kindOf, skipTag } from './sniff.ts';
import type { FromChild } from './wire.ts';

/** Encoded bytes decoded at once. WAV does not swell; a few kilobytes of FLAC may hold minutes of silence. */
const SLICE_BYTES: Partial<Record<AudioKind, number>> = { wav: 65_536, flac: 2_048 };
const OTHER_SLICE_BYTES = 8_192;
/** Processes kept for the next file; starting one takes longer than decoding a short recording. */
const RESTING_MAX = 2;

type Decoded = Exclude<FromChild, { kind: 'failed' }>;

/** Decodes in processes of their own, so that no file can stop or blow up the server. */
export class ProcessDecoder implements AudioDecoder {
  readonly #resting: DecodeProcess[] = [];
  readonly #busy = new Set<DecodeProcess>();
  readonly kindOf = kindOf;
  #closed = false;

  open(
    kind: AudioKind,
    layout: ChannelLayout,
    raw?: { readonly sampleRate: number; readonly channels: number },
  ): DecodeStream {
    const decoder = this.#take();
    let opened: Promise<unknown> | undefined;
    const ask = async (question: Parameters<DecodeProcess['ask']>[0]): Promise<DecodedAudio | undefined> => {
      opened ??= decoder.ask({ kind: 'open', format: kind, layout, raw });
      await opened;
      return audioOf(await decoder.ask(question));
    };
    return {
      feed: (bytes) => ask({ kind: 'feed', bytes }),
      end: () => ask({ kind: 'end' }),
      close: () => this.#giveBack(decoder),
    };
  }

  async *file(bytes: Uint8Array, layout: ChannelLayout): AsyncGenerator<DecodedAudio> {
    const sound = bytes.subarray(skipTag(bytes));
    const kind = kindOf(sound);
    if (kind === undefined) throw new Fault('audio.format', { got: 'of an unknown kind', want: DECODABLE });
    const stream = this.open(kind, layout);
    try {
      for (const slice of slicesOf(sound, kind)) {
        const audio = await stream.feed(slice);
        if (audio !== undefined) yield audio;
      }
      const last = await stream.end();
      if (last !== undefined) yield last;
    } finally {
      stream.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const decoder of [...this.#resting.splice(0), ...this.#busy]) decoder.kill();
  }

  #take(): DecodeProcess {
    const decoder = this.#resting.pop() ?? new DecodeProcess();
    decoder.wake();
    this.#busy.add(decoder);
    return decoder;
  }

  #giveBack(decoder: DecodeProcess): void {
    if (!this.#busy.delete(decoder)) return;
    if (this.#closed || !decoder.usable || this.#resting.length >= RESTING_MAX) return decoder.kill();
    decoder.rest();
    this.#resting.push(decoder);
  }
}

function audioOf(decoded: Decoded): DecodedAudio | undefined {
  if (decoded.kind === 'nothing') return undefined;
  const { sampleRate, channels, samples } = decoded;
  return { sampleRate, channels, bytes: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) };
}

function* slicesOf(bytes: Uint8Array, kind: AudioKind): Generator<Uint8Array> {
  const parts = kind === 'm4a' ? tableFirst(bytes) : [bytes];
  // The table of an MP4 file is read as a whole, however long it is.
  const whole = parts.length > 1 ? 1 : 0;
  if (whole === 1) yield parts[0]!;
  const step = SLICE_BYTES[kind] ?? OTHER_SLICE_BYTES;
  for (const part of parts.slice(whole))
    for (let at = 0; at < part.length; at += step) yield part.subarray(at, at + step);
}
