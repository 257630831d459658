import { msToSamples, SAMPLE_RATE, samplesToMs } from '../core/time.ts';
import type { AudioChunk, AudioClip, AudioOutcome, AudioRange, SampleRange } from '../ports/transcripts.ts';
import { AudioEncoders } from './audio-encoder.ts';
import { numberPackets, type PacketRow, unpackPackets } from './audio-packets.ts';
import { renderOggClip, renderOggPages } from './ogg-opus.ts';
import { ENCODER_DELAY_SAMPLES, type OpusCodec, PACKET_SAMPLES } from './opus-codec.ts';
import type { PrepareStatement } from './transcript-schema.ts';

/** Audio before a range that is decoded with it, so that the decoder has settled when the range begins: 80 ms. */
const PREROLL_SAMPLES = 4 * PACKET_SAMPLES;

/** Where the audio of a session's channel lies. */
interface Stream {
  readonly t: number;
  readonly part: number;
  readonly channel: number;
}

/**
 * The kept audio of transcripts, as rows of Opus packets in the same file as their text: it is written, counted and erased with
 * it. A row is on the disk when the call that made it returns, and has its position, so that a session continues behind it
 * after a restart.
 */
export class TranscriptAudio {
  readonly #prepare: PrepareStatement;
  readonly #codec: OpusCodec | undefined;
  readonly #encoders: AudioEncoders | undefined;

  constructor(prepare: PrepareStatement, codec: OpusCodec | undefined) {
    this.#prepare = prepare;
    this.#codec = codec;
    this.#encoders = codec && new AudioEncoders(codec);
  }

  /** Inside the caller's transaction. */
  add(t: number, part: number, chunk: AudioChunk): AudioOutcome {
    const rows = this.#encoders?.encode(formatKey(t, part), chunk, (channel) => this.#findEnd({ t, part, channel }));
    if (rows === undefined) return 'unavailable';
    const insert = this.#prepare(
      'INSERT OR IGNORE INTO audio (t, part, channel, at, until, packets) VALUES (?, ?, ?, ?, ?, ?)',
    );
    for (const { channel, at, packets } of rows)
      insert.run(t, part, channel, at, at + unpackPackets(packets).length * PACKET_SAMPLES, Buffer.from(packets));
    return 'done';
  }

  /** Gives up what was not written of a session. */
  drop(t: number, part: number): void {
    this.#encoders?.drop(formatKey(t, part));
  }

  /** Ogg pages of the seconds that are asked for, and whether others follow; undefined when there is no such audio. */
  readPages(stream: Stream, { fromSecond, seconds }: AudioRange): { bytes: Uint8Array; isLast: boolean } | undefined {
    const end = this.#findEnd(stream);
    if (end === 0) return undefined;
    const total = Math.ceil(end / SAMPLE_RATE);
    const [from, to] = [fromSecond * SAMPLE_RATE, (fromSecond + seconds) * SAMPLE_RATE];
    const packets = numberPackets(this.#readRows(stream, from, to));
    const bytes = renderOggPages(packets, { page: fromSecond, pages: seconds, end });
    return { bytes, isLast: fromSecond + seconds >= total };
  }

  /** A piece of a channel as an Ogg Opus file. `range` is in ms of its session; what lies behind the end is left out. */
  readClip(
    stream: Stream,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ): AudioClip | undefined {
    // The encoder is behind by this much: what it has of the last samples is not yet in a packet.
    const stored = this.#findEnd(stream) - ENCODER_DELAY_SAMPLES;
    if (stored <= 0) return undefined;
    const [from, to] = [msToSamples(fromMs), Math.min(msToSamples(toMs), stored)];
    if (from < 0 || from >= to) return { kind: 'outside', fromMs: 0, toMs: samplesToMs(stored) };
    const { first, end } = findPackets({ from, to });
    const packets = numberPackets(this.#readRows(stream, first * PACKET_SAMPLES, end * PACKET_SAMPLES));
    return { kind: 'file', bytes: renderOggClip(packets, { first, end, from, samples: to - from }) };
  }

  /** Samples of a range of a session, 16 kHz; what is not there is silence. Undefined when nothing can be decoded. */
  readSamples(stream: Stream, { from, to }: SampleRange): Float32Array | undefined {
    const decoder = this.#codec?.takeDecoder();
    if (decoder === undefined) return undefined;
    try {
      const { first, end } = findPackets({ from, to });
      const packets = numberPackets(this.#readRows(stream, first * PACKET_SAMPLES, end * PACKET_SAMPLES));
      const decoded = new Float32Array((end - first) * PACKET_SAMPLES);
      for (let n = first; n < end; n++) {
        const packet = packets.get(n);
        if (packet !== undefined) decoded.set(decoder.decodeFloat(packet), (n - first) * PACKET_SAMPLES);
      }
      const begin = from + ENCODER_DELAY_SAMPLES - first * PACKET_SAMPLES;
      return decoded.slice(begin, begin + to - from);
    } finally {
      decoder.free();
    }
  }

  #readRows({ t, part, channel }: Stream, from: number, to: number): PacketRow[] {
    // The library takes blobs as buffers, and gives them as array buffers.
    const rows = this.#prepare(
      'SELECT at, packets FROM audio WHERE t = ? AND part = ? AND channel = ? AND until > ? AND at < ? ORDER BY at',
    ).all(t, part, channel, from, to) as { readonly at: number; readonly packets: ArrayBuffer | Uint8Array }[];
    return rows.map(({ at, packets }) => ({ at, packets: new Uint8Array(packets) }));
  }

  /** The end of what is stored, in samples; 0 for nothing. */
  #findEnd({ t, part, channel }: Stream): number {
    const sql = 'SELECT max(until) AS end FROM audio WHERE t = ? AND part = ? AND channel = ?';
    return (this.#prepare(sql).get(t, part, channel) as { readonly end: number | null }).end ?? 0;
  }
}

/** The packets that a range is decoded from, with those before it in which the decoder settles. */
const findPackets = ({ from, to }: SampleRange): { readonly first: number; readonly end: number } => ({
  first: Math.max(0, Math.floor((from - PREROLL_SAMPLES) / PACKET_SAMPLES)),
  end: Math.ceil((to + ENCODER_DELAY_SAMPLES) / PACKET_SAMPLES),
});

const formatKey = (t: number, part: number): string => `${t}.${part}`;
