import { type Command, Fault, type Start } from '../../protocol/index.ts';
import type { AudioDecoder, DecodedAudio, DecodeStream } from '../ports/decoder.ts';
import type { Encoded } from '../ports/dialect.ts';

/** Encoded bytes decoded at once: they may hold far more sound than they seem. */
const SLICE_BYTES = 2_048;
/** A packet of Opus is smaller; what is larger is none. */
const PACKET_BYTES_MAX = 16_384;
/** Bytes that tell what a container is. */
const HEAD_BYTES = 64;
/** Encoded bytes waiting before the client is not read on. */
const WAITING_BYTES_MAX = 262_144;

export interface IntakeEvents {
  command(command: Command): void;
  failed(error: unknown): void;
  /** Stop or go on reading the client. */
  stop(): void;
  go(): void;
}

/**
 * Stands between a dialect whose client sends compressed audio and the session, which wants samples. Commands keep their
 * order; `start` waits until the first sound tells its rate and channels.
 */
export class DecodedIntake {
  readonly #decoder: AudioDecoder;
  readonly #encoded: Encoded;
  readonly #events: IntakeEvents;
  #stream: DecodeStream | undefined;
  #start: Start | undefined;
  #head: Uint8Array = new Uint8Array(0);
  #queue: Command[] = [];
  #waitingBytes = 0;
  #stopped = false;
  #running = false;
  #behind = false;
  #closed = false;
  /** The first bytes began a container. */
  #sniffed = false;
  #moved: (() => void) | undefined;

  constructor(decoder: AudioDecoder, encoded: Encoded, events: IntakeEvents) {
    this.#decoder = decoder;
    this.#encoded = encoded;
    this.#events = events;
  }

  /** Whether something that came is being decoded. */
  get isBusy(): boolean {
    return this.#running;
  }

  put(command: Command): void {
    if (this.#closed) return;
    this.#queue.push(command);
    if (command.type === 'audio') this.#waitingBytes += command.bytes.length;
    if (this.#waitingBytes > WAITING_BYTES_MAX && !this.#stopped) {
      this.#stopped = true;
      this.#events.stop();
    }
    if (!this.#running) void this.#run();
  }

  /** The session takes nothing for now, or again. */
  hold(behind: boolean): void {
    this.#behind = behind;
    if (!behind) this.#moved?.();
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#stream?.close();
    this.#moved?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#queue.length > 0 && !this.#closed) {
        const command = this.#queue.shift()!;
        await this.#perform(command);
        if (command.type !== 'audio') continue;
        this.#waitingBytes -= command.bytes.length;
        if (!this.#stopped || this.#waitingBytes > WAITING_BYTES_MAX / 2) continue;
        this.#stopped = false;
        this.#events.go();
      }
    } catch (error) {
      if (!this.#closed) this.#events.failed(error);
      this.close();
    } finally {
      this.#running = false;
    }
  }

  async #perform(command: Command): Promise<void> {
    switch (command.type) {
      case 'start':
        this.#start = command;
        return;
      case 'audio':
        return this.#audio(command.bytes);
      case 'finish':
        await this.#last();
        return this.#events.command(command);
      default:
        // Nothing is there yet that could be flushed or changed.
        if (this.#start === undefined) this.#events.command(command);
    }
  }

  async #audio(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream ?? this.#open(bytes);
    if (stream === undefined) return;
    const sound = this.#head.length > 0 ? this.#head : bytes;
    this.#head = new Uint8Array(0);
    if (this.#encoded.kind === 'opus-packets' && !this.#sniffed) {
      if (bytes.length > PACKET_BYTES_MAX)
        throw new Fault('audio.format', { got: `packet of ${bytes.length} bytes`, want: 'one Opus packet a frame' });
      return this.#hear(await stream.feed(sound));
    }
    for (let at = 0; at < sound.length && !this.#closed; at += SLICE_BYTES)
      await this.#hear(await stream.feed(sound.subarray(at, at + SLICE_BYTES)));
  }

  /** What the first bytes are decides, whatever was said: some clients call every Opus `opus`. */
  #open(bytes: Uint8Array): DecodeStream | undefined {
    const head = new Uint8Array(this.#head.length + bytes.length);
    head.set(this.#head);
    head.set(bytes, this.#head.length);
    const { kind, layout, raw } = this.#encoded;
    const found = this.#decoder.kindOf(head);
    const packets = kind === 'opus-packets' && found !== 'opus' && found !== 'oga' && found !== 'webm';
    this.#head = head;
    if (!packets && head.length < HEAD_BYTES) return undefined;
    if (!packets && found === undefined)
      throw new Fault('audio.format', { got: 'of an unknown kind', want: this.#encoded.want });
    this.#sniffed = !packets;
    this.#stream = this.#decoder.open(packets ? 'opus-packets' : found!, layout, packets ? raw : undefined);
    return this.#stream;
  }

  async #last(): Promise<void> {
    if (this.#stream === undefined && this.#head.length > 0)
      throw new Fault('audio.format', { got: 'of an unknown kind', want: this.#encoded.want });
    await this.#hear(await this.#stream?.end());
    // Nobody said anything; the session still has to end as one.
    if (this.#start !== undefined) this.#begin({ sampleRate: 16_000, channels: 1, bytes: new Uint8Array(0) });
  }

  async #hear(audio: DecodedAudio | undefined): Promise<void> {
    if (audio === undefined || this.#closed) return;
    if (this.#start !== undefined) this.#begin(audio);
    const step = Math.ceil(audio.sampleRate / 2) * audio.channels * 4;
    for (let at = 0; at < audio.bytes.length; at += step) {
      while (this.#behind && !this.#closed)
        await new Promise<void>((resolve) => {
          this.#moved = resolve;
        });
      if (this.#closed) return;
      this.#events.command({ type: 'audio', bytes: audio.bytes.subarray(at, at + step) });
    }
  }

  #begin({ sampleRate, channels }: DecodedAudio): void {
    const start = this.#start!;
    this.#start = undefined;
    const format = { encoding: 'pcm_f32le', sampleRate, channels, channelMode: this.#encoded.layout } as const;
    this.#events.command({ ...start, audio: format });
  }
}
