import { Fault } from '../../protocol/index.ts';
import type { AudioDecoder, AudioKind, ChannelLayout, DecodedAudio, DecodeStream } from '../ports/decoder.ts';
import { checkTables, tableFirst } from './moov.ts';
import { DECODABLE, DecodeProcess, type DecodeProcessOptions } from './process.ts';
import { kindOf, skipTag } from './sniff.ts';
import type { Answer, Question } from './wire.ts';

/** Encoded bytes decoded at once. WAV does not swell; a few kilobytes of FLAC may hold minutes of silence. */
const SLICE_BYTES: Partial<Record<AudioKind, number>> = { wav: 65_536, flac: 2_048 };
const OTHER_SLICE_BYTES = 8_192;
/** Processes kept for the next file; starting one takes longer than decoding a short recording. */
const RESTING_MAX = 2;
type Decoded = Exclude<Answer, { kind: 'failed' }>;

/** Decodes in processes of their own, so that no file can stop or blow up the server. */
export class ProcessDecoder implements AudioDecoder {
  #processes: DecodeProcess[] = [];
  readonly kindOf = kindOf;
  readonly #options: DecodeProcessOptions;
  #closed = false;

  constructor(options: DecodeProcessOptions = {}) {
    this.#options = options;
  }

  open(
    kind: AudioKind,
    layout: ChannelLayout,
    raw?: { readonly sampleRate: number; readonly channels: number },
  ): DecodeStream {
    return this.#open(kind, layout, { raw, manner: 'live' });
  }

  async *file(bytes: Uint8Array, layout: ChannelLayout): AsyncGenerator<DecodedAudio> {
    const sound = bytes.subarray(skipTag(bytes));
    const kind = kindOf(sound);
    if (kind === undefined) throw new Fault('audio.format', { got: 'of an unknown kind', want: DECODABLE });
    if (kind === 'm4a') checkTables(sound);
    const stream = this.#open(kind, layout, { raw: undefined, manner: 'file' });
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
    {
      raw,
      manner,
    }: {
      readonly raw: { readonly sampleRate: number; readonly channels: number } | undefined;
      readonly manner: 'file' | 'live';
    },
  ): DecodeStream {
    const decoder = this.#take(manner);
    const stream = decoder.nextStream();
    let opened: Promise<unknown> | undefined;
    let closed = false;
    const ask = async (question: Question): Promise<DecodedAudio | undefined> => {
      opened ??= decoder.ask(stream, { kind: 'open', format: kind, layout, raw });
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

  /**
   * Each has a process of its own: what is made to blow up ends nobody else's. It costs some 12 MB that are not shared. A
   * file can wait, so it does not take the processor from those who speak now.
   */
  #take(manner: 'file' | 'live'): DecodeProcess {
    let decoder = this.#processes.find((each) => !each.dead && each.state === 'resting' && each.manner === manner);
    if (decoder === undefined) {
      decoder = new DecodeProcess(manner, this.#options);
      this.#processes.push(decoder);
    }
    decoder.wake();
    return decoder;
  }

  #giveBack(decoder: DecodeProcess): void {
    decoder.rest();
    const resting = this.#processes.filter(({ state, dead }) => state === 'resting' && !dead);
    if (!this.#closed && !decoder.dead && resting.length <= RESTING_MAX) return;
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
