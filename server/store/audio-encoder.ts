import type { OpusEncoderHandle } from 'libopus-wasm';
import { AudioIntake } from '../core/audio/intake.ts';
import type { AudioChunk } from '../ports/transcripts.ts';
import { type PacketRow, packPackets } from './audio-packets.ts';
import { ENCODER_DELAY_SAMPLES, type OpusCodec, PACKET_SAMPLES } from './opus-codec.ts';

/** Sessions whose encoders are held; the one that was silent longest gives up its own, and begins with a new one. */
const PARTS_MAX = 128;

interface ChannelEncoder {
  readonly encoder: OpusEncoderHandle;
  /** Samples that do not fill a packet yet. */
  held: Float32Array;
  /** Position of the first of them; a multiple of `PACKET_SAMPLES`. */
  at: number;
  /** Samples to come that are stored already. */
  skip: number;
}

interface PartEncoder {
  readonly intake: AudioIntake;
  readonly channels: readonly ChannelEncoder[];
}

export interface EncodedRow extends PacketRow {
  readonly channel: number;
}

/** Encodes the audio of sessions as it comes, by its position in them: what was encoded before is not encoded again. */
export class AudioEncoders {
  readonly #codec: OpusCodec;
  readonly #parts = new Map<string, PartEncoder>();

  constructor(codec: OpusCodec) {
    this.#codec = codec;
  }

  /** `findEnd` gives the end of what is stored of a channel. Undefined when there is no encoder now. */
  encode(part: string, chunk: AudioChunk, findEnd: (channel: number) => number): EncodedRow[] | undefined {
    const own = this.#find(part, chunk) ?? this.#begin(part, chunk, findEnd);
    if (own === undefined) return undefined;
    const { channels } = own.intake.push(chunk.bytes);
    const tails = chunk.isLast ? own.intake.flush() : [];
    const rows = own.channels.flatMap((each, channel) => {
      const tail = chunk.isLast ? [tails[channel]!, new Float32Array(ENCODER_DELAY_SAMPLES)] : [];
      const row = encodeSamples(each, [channels[channel]!, ...tail], chunk.isLast);
      return row === undefined ? [] : [{ ...row, channel }];
    });
    if (chunk.isLast) this.drop(part);
    return rows;
  }

  /** Forgets a session, with the samples that do not fill a packet. */
  drop(part: string): void {
    for (const { encoder } of this.#parts.get(part)?.channels ?? []) encoder.free();
    this.#parts.delete(part);
  }

  /** The encoders of a session that goes on without a gap. */
  #find(part: string, { fromFrame }: AudioChunk): PartEncoder | undefined {
    const known = this.#parts.get(part);
    if (known === undefined) return undefined;
    this.#parts.delete(part);
    if (known.intake.frames === fromFrame) {
      this.#parts.set(part, known);
      return known;
    }
    for (const { encoder } of known.channels) encoder.free();
    return undefined;
  }

  #begin(
    part: string,
    { format, fromFrame }: AudioChunk,
    findEnd: (channel: number) => number,
  ): PartEncoder | undefined {
    const intake = new AudioIntake(format, fromFrame);
    const channels: ChannelEncoder[] = [];
    for (let channel = 0; channel < intake.speakers; channel++) {
      const encoder = this.#codec.takeEncoder();
      if (encoder === undefined) {
        for (const each of channels) each.encoder.free();
        return undefined;
      }
      const at = Math.max(findEnd(channel), intake.out - (intake.out % PACKET_SAMPLES));
      const [missing, skip] = [Math.max(0, intake.out - at), Math.max(0, at - intake.out)];
      channels.push({ encoder, held: new Float32Array(missing), at, skip });
    }
    const own = { intake, channels };
    this.#parts.set(part, own);
    if (this.#parts.size > PARTS_MAX) this.drop(this.#parts.keys().next().value!);
    return own;
  }
}

function concatSamples(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function encodeSamples(own: ChannelEncoder, added: readonly Float32Array[], isLast: boolean): PacketRow | undefined {
  const fresh = concatSamples([own.held, ...added].map((samples, i) => (i === 0 ? samples : skipStored(own, samples))));
  const count = isLast ? Math.ceil(fresh.length / PACKET_SAMPLES) : Math.floor(fresh.length / PACKET_SAMPLES);
  const packets = Array.from({ length: count }, (_, i) => {
    const samples = new Float32Array(PACKET_SAMPLES);
    samples.set(fresh.subarray(i * PACKET_SAMPLES, (i + 1) * PACKET_SAMPLES));
    return own.encoder.encodeFloat(samples);
  });
  const { at } = own;
  own.at += count * PACKET_SAMPLES;
  own.held = fresh.slice(count * PACKET_SAMPLES);
  return count === 0 ? undefined : { at, packets: packPackets(packets) };
}

function skipStored(own: ChannelEncoder, samples: Float32Array): Float32Array {
  const skipped = Math.min(own.skip, samples.length);
  own.skip -= skipped;
  return samples.subarray(skipped);
}
