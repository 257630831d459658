import { Fault } from '../../protocol/index.ts';
import type { AudioDecoder, AudioKind, ChannelLayout, DecodedAudio, DecodeStream } from '../ports/decoder.ts';
import { tableFirst } from './moov.ts';
import { DECODABLE, DecodeProcess } from './process.ts';
import { kindOf, skipTag } from './sniff.ts';
import type { Answer, Question } from './wire.ts';

/** Encoded bytes decoded at once. WAV does not swell; a few kilobytes of FLAC may hold minutes of silence. */
const SLICE_BYTES: Partial<Record<AudioKind, number>> = { wav: 65_536, flac: 2_048 };
const OTHER_SLICE_BYTES = 8_192;
/** Processes kept for the next file; starting one takes longer than decoding a short recording. */
const RESTING_MAX = 2;
/** Streams of people who speak now, in one process. Should it end, theirs end with it. */
const LIVE_STREAMS_MAX = 16;

type Decoded = Exclude<Answer, { kind: 'failed' }>;
type Use = DecodeProcess['use'];

/** Decodes in processes of their own, so that no file can stop or blow up the server. */
export class ProcessDecoder implements AudioDecoder {
  #processes: DecodeProcess[] = [];
  readonly kindOf = kindOf;
  #closed = false;

  open(
    kind: AudioKind,
    layout: ChannelLayout,
    raw?: { readonly sampleRate: number; readonly channels: number },
  ): DecodeStream {
    return this.#open(kind, layout, { raw, of: 'live' });
  }

  async *file(bytes: Uint8Array, layout: ChannelLayout): AsyncGenerator<DecodedAudio> {
    const sound = bytes.subarray(skipTag(bytes));
    const kind = kindOf(sound);
    if (kind === undefined) throw new Fault('audio.format', { got: 'of an unknown kind', want: DECODABLE });
    const stream = this.#open(kind, layout, { raw: undefined, of: 'file' });
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
    for (const decoder of this.#processes.splice(0)) decoder.kill();
  }

  #open(
    kind: AudioKind,
    layout: ChannelLayout,
    more: { readonly raw: { readonly sampleRate: number; readonly channels: number } | undefined; readonly of: Use },
  ): DecodeStream {
    const decoder = this.#take(more.of);
    const stream = decoder.nextStream();
    let opened: Promise<unknown> | undefined;
    let closed = false;
    const ask = async (question: Question): Promise<DecodedAudio | undefined> => {
      opened ??= decoder.ask(stream, { kind: 'open', format: kind, layout, raw: more.raw });
      await opened;
      return audioOf(await decoder.ask(stream, question));
    };
    return {
      feed: (bytes) => ask({ kind: 'feed', bytes }),
      end: () => ask({ kind: 'end' }),
      close: () => {
        if (closed) return;
        closed = true;
        void decoder.ask(stream, { kind: 'close' }).then(
          () => this.#giveBack(decoder),
          () => this.#giveBack(decoder),
        );
      },
    };
  }

  /** A file has a process of its own while it is decoded; live streams, which cost little, share one. */
  #take(of: Use): DecodeProcess {
    const most = of === 'file' ? 1 : LIVE_STREAMS_MAX;
    let decoder = this.#processes.find(
      (each) => !each.dead && each.load < most && (each.load === 0 || each.use === of),
    );
    if (decoder === undefined) {
      decoder = new DecodeProcess();
      this.#processes.push(decoder);
    }
    decoder.use = of;
    decoder.load++;
    decoder.wake();
    return decoder;
  }

  #giveBack(decoder: DecodeProcess): void {
    decoder.load--;
    if (decoder.load > 0) return;
    const resting = this.#processes.filter(({ load, dead }) => load === 0 && !dead);
    if (!this.#closed && !decoder.dead && resting.length <= RESTING_MAX) return decoder.rest();
    decoder.kill();
    this.#processes = this.#processes.filter((each) => each !== decoder);
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
