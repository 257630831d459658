import { type Command, Fault, isFault, type Start } from '../../protocol/index.ts';
import type { AudioDecoder, DecodedAudio, DecodeStream } from '../ports/decoder.ts';
import type { EncodedFormat } from '../ports/dialect.ts';

/** Bytes of audio and messages that may wait before the client is paused. */
const WAITING_BYTES_MAX = 262_144;
/** Messages other than audio that wait for the first decoded audio. */
const EARLY_MAX = 100;

export interface IntakeEvents {
  command(command: Command): void;
  failed(error: unknown): void;
  /** Pause and resume reading the client. */
  stop(): void;
  go(): void;
}

/**
 * Decodes compressed audio between a dialect and its session. Commands keep their order; `start` waits until the first decoded
 * audio gives the sample rate and the channels, and what the client sends before then follows it.
 */
export class DecodedIntake {
  readonly #decoder: AudioDecoder;
  readonly #encoded: EncodedFormat;
  readonly #events: IntakeEvents;
  #stream: DecodeStream | undefined;
  #start: Start | undefined;
  /** Commands that came before the session could start. */
  #early: Command[] = [];
  #queue: Command[] = [];
  #waitingBytes = 0;
  #stopped = false;
  #running = false;
  #behind = false;
  #closed = false;
  #moved: (() => void) | undefined;

  constructor(decoder: AudioDecoder, encoded: EncodedFormat, events: IntakeEvents) {
    this.#decoder = decoder;
    this.#encoded = encoded;
    this.#events = events;
  }

  /** Whether audio is being decoded. */
  get isBusy(): boolean {
    return this.#running;
  }

  put(command: Command): void {
    if (this.#closed) return;
    this.#queue.push(command);
    this.#waitingBytes += countBytes(command);
    if (this.#waitingBytes > WAITING_BYTES_MAX && !this.#stopped) {
      this.#stopped = true;
      this.#events.stop();
    }
    if (!this.#running) void this.#run();
  }

  /** Pauses or resumes passing commands to the session. */
  hold(behind: boolean): void {
    this.#behind = behind;
    if (!behind) this.#moved?.();
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#early = [];
    this.#stream?.close();
    this.#moved?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#queue.length > 0 && !this.#closed) {
        const command = this.#queue.shift()!;
        await this.#perform(command);
        this.#waitingBytes -= countBytes(command);
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
        if (this.#start === undefined) this.#events.command(command);
        else this.#defer(command);
    }
  }

  /** A dialect that has confirmed a change, or counts on an answer, must not wait for one that never comes. */
  #defer(command: Command): void {
    if (command.type === 'keepalive') return;
    if (this.#early.length === EARLY_MAX)
      throw new Fault('command.out-of-order', { got: `message ${EARLY_MAX + 1} before any sound`, want: 'audio' });
    this.#early.push(command);
  }

  async #audio(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#stream ??= this.#open();
    await this.#forwardAll(this.#stream.feed(bytes));
  }

  /** The decoding process detects the format; nothing in this process parses what a client sent. */
  #open(): DecodeStream {
    const { kind, layout, raw } = this.#encoded;
    const packets = kind === 'opus-packets' ? (raw ?? { sampleRate: 48_000, channels: 1 }) : undefined;
    return this.#decoder.open({ layout, packets });
  }

  async #last(): Promise<void> {
    if (this.#stream !== undefined) await this.#forwardAll(this.#stream.end());
    // There was no audio, but the session must still start and end.
    if (this.#start !== undefined) this.#begin({ sampleRate: 16_000, channels: 1, bytes: new Uint8Array(0) });
  }

  async #forwardAll(decoded: AsyncIterable<DecodedAudio>): Promise<void> {
    try {
      for await (const audio of decoded) {
        await this.#forward(audio);
        if (this.#closed) return;
      }
    } catch (error) {
      if (!isFault(error) || error.code !== 'audio.format') throw error;
      // The decoder supports more formats than this endpoint: name those of the endpoint.
      const { got } = error.data as { got: string };
      throw new Fault('audio.format', { got, want: this.#encoded.want }, { cause: error });
    }
  }

  async #forward(audio: DecodedAudio): Promise<void> {
    if (this.#closed) return;
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
    for (const command of this.#early.splice(0)) this.#events.command(command);
  }
}

/** What a command takes while it waits. */
const countBytes = (command: Command): number =>
  command.type === 'audio' ? command.bytes.length : JSON.stringify(command).length;
