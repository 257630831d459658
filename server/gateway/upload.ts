import { randomUUID } from 'node:crypto';
import {
  type AudioFormat,
  Fault,
  type FaultCode,
  isFault,
  LIMITS,
  type ServerEvent,
  toFault,
} from '../../protocol/index.ts';
import type { ClientChannel, ConnectedClient } from '../flow/client-channel.ts';
import type { LiveSession, SessionParts } from '../flow/live-session.ts';
import { SessionOpening } from '../flow/session-opening.ts';
import type { RegistryEntry } from '../flow/session-registry.ts';
import type { AudioDecoder, DecodedAudio, UploadedFile } from '../ports/decoder.ts';
import type { ErrorInfo, UploadSession } from '../ports/dialect.ts';

/** Audio passed to the session at once, ms; the backlog is checked in between. */
const PIECE_MS = 500;

/** Audio without its last `endMs`, to whole samples. */
function dropEnd(audio: DecodedAudio, endMs: number): DecodedAudio {
  if (endMs === 0) return audio;
  const frameBytes = audio.channels * 4;
  const dropped = Math.ceil((endMs * audio.sampleRate) / 1_000) * frameBytes;
  return { ...audio, bytes: audio.bytes.subarray(0, Math.max(0, audio.bytes.length - dropped)) };
}

/** Transcribes a file with an ordinary session. It is decoded no faster than it is recognised. */
export class Upload implements RegistryEntry {
  readonly id = randomUUID();
  readonly #parts: SessionParts;
  readonly #client: ConnectedClient;
  #session: LiveSession | undefined;
  #event: (event: ServerEvent) => void = () => {};
  #errorInfo: ErrorInfo | undefined;
  /** Aborted when decoding should stop. */
  readonly #stop = new AbortController();
  #paused = false;
  #over = false;
  #isDecoded = false;
  #hasLeft = false;
  #moved: (() => void) | undefined;

  /** Takes a place among the sessions at once, because receiving the file may take long. */
  constructor(parts: SessionParts, client: ConnectedClient) {
    // The client waits for the response, so it cannot resume.
    this.#parts = { ...parts, resumeGraceMs: 0, rooms: undefined };
    this.#client = client;
    parts.registry.add(this);
    parts.meter.opened(parts.registry.size);
  }

  get key(): string {
    return this.#client.identity.key;
  }

  get address(): string {
    return this.#client.address;
  }

  setServiceLevel(): void {}

  /** An incomplete file is of no use: its client has to send it to another server. */
  drain(): void {
    this.#end(new Fault('server.draining', {}));
  }

  destroy(): void {
    this.#end(new Fault('server.draining', {}));
  }

  /**
   * Stops decoding, because the client has disconnected. The upload keeps its place until `leave`: its decoder is a process
   * that takes a moment to end.
   */
  abandon(): void {
    if (this.#over) return;
    this.#finish();
    this.#session?.destroy();
  }

  /** Frees the place. Call it when everything that belongs to the upload has ended. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const { registry, meter } = this.#parts;
    registry.remove(this.id);
    meter.ended(registry.size);
  }

  /** Resolves when the session has ended and the decoder is free or gone: with the error, if there was one. */
  async run(
    file: UploadedFile,
    answer: UploadSession,
    decoder: AudioDecoder,
    event: (event: ServerEvent) => void,
  ): Promise<ErrorInfo | undefined> {
    this.#event = event;
    try {
      let receivedMs = 0;
      for await (const audio of decoder.decodeFile(file, { layout: answer.layout }, this.#stop.signal)) {
        receivedMs += (audio.bytes.length / 4 / audio.channels / audio.sampleRate) * 1_000;
        if (receivedMs > LIMITS.uploadMinutesMax * 60_000)
          throw new Fault('upload.long', { minutes: LIMITS.uploadMinutesMax });
        this.#session ??= await this.#open(audio, answer);
        if (this.#session === undefined) break;
        const tooMuchMs = Math.max(0, receivedMs - (answer.audioMsMax ?? Number.POSITIVE_INFINITY));
        await this.#feed(dropEnd(audio, tooMuchMs));
        if (this.#over || tooMuchMs > 0) break;
      }
      this.#isDecoded = true;
      if (this.#session === undefined && !this.#over)
        throw new Fault('audio.format', { got: 'without any sound', want: 'a recording' });
      this.#session?.execute({ type: 'finish' });
      while (!this.#over) await this.#wait();
    } catch (error) {
      this.#end(toFault(error));
      if (!isFault(error)) this.#parts.log.error({ upload: this.id, err: error }, 'a bug ended an upload');
    }
    return this.#errorInfo;
  }

  /** Undefined when the client has disconnected meanwhile. */
  async #open({ sampleRate, channels }: DecodedAudio, answer: UploadSession): Promise<LiveSession | undefined> {
    const channelMode = answer.layout;
    const audio: AudioFormat = { encoding: 'pcm_f32le', sampleRate, channels, channelMode };
    const line: ClientChannel = {
      lifetime: 'connection',
      queuedBytes: () => 0,
      send: (event) => this.#handleEvent(event),
      pause: () => {
        this.#paused = true;
      },
      resume: () => {
        this.#paused = false;
        this.#moved?.();
      },
      close: () => this.#finish(),
    };
    // A file is sent as fast as it is decoded: nobody reads along who would rather have it from a smaller model.
    const model = answer.start.model ?? this.#parts.offer.model;
    const opening = new SessionOpening(
      { ...answer.start, source: 'recording', model, audio },
      this.#parts,
      this.#client,
    );
    await opening.ready;
    if (this.#over) {
      opening.cancel();
      return undefined;
    }
    const session = opening.open(line);
    this.#parts.registry.open(session, this);
    return session;
  }

  async #feed({ bytes, channels, sampleRate }: DecodedAudio): Promise<void> {
    const step = Math.ceil((sampleRate * PIECE_MS) / 1_000) * channels * 4;
    for (let at = 0; at < bytes.length; at += step) {
      while (this.#paused && !this.#over) await this.#wait();
      if (this.#over) return;
      this.#session!.execute({ type: 'audio', bytes: bytes.subarray(at, at + step) });
      // Let the event loop serve others.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#moved = resolve;
    });
  }

  /** The session has ended. If the decoder is still running, the upload keeps the session's place. */
  #finish(): void {
    this.#over = true;
    this.#stop.abort();
    if (!this.#isDecoded && !this.#hasLeft) this.#parts.registry.add(this);
    this.#moved?.();
  }

  /** Half a transcript is not an answer, so every fault of the session is an error, even a warning. */
  #handleEvent(event: ServerEvent): void {
    if (event.type === 'fault') this.#errorInfo ??= { code: event.code as FaultCode, message: event.text };
    else this.#event(event);
  }

  #end(errorInfo: ErrorInfo): void {
    if (this.#over) return;
    this.#errorInfo ??= errorInfo;
    this.abandon();
  }
}
