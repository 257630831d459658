import { WebSocket } from 'ws';
import { type AudioFormat, type ConnectOptions, connect, type Session } from '../../sdk/index.ts';
import { describeError } from '../output/describe-error.ts';

/** Options of every session, without its audio format. */
export type SpareSessionOptions = Omit<ConnectOptions, 'audio' | 'WebSocket'>;

const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;

/**
 * Keeps one session open in advance, so that a dictation begins without waiting for a connection. Each session is used for one
 * dictation, so that an earlier one cannot influence how it is recognised.
 */
export class SpareSession {
  readonly #options: () => SpareSessionOptions;
  readonly #warn: (text: string) => void;
  #format: AudioFormat | undefined;
  #next: Promise<Session> | undefined;
  #session: Session | undefined;
  #settings = '';
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** `options` is called for each session, because the names of the dictionary may have changed. */
  constructor(options: () => SpareSessionOptions, warn: (text: string) => void) {
    this.#options = options;
    this.#warn = warn;
  }

  get state(): 'ready' | 'connecting' {
    return this.#session === undefined ? 'connecting' : 'ready';
  }

  /** Opens the next session for this audio format. Never rejects: failures are reported and retried. */
  async prepare(format: AudioFormat): Promise<void> {
    this.#format = format;
    await this.#open().then(
      () => {
        this.#attempt = 0;
      },
      (error) => {
        if (this.#attempt === 0) this.#warn(`${describeError(error)} Trying again.`);
        this.#scheduleRetry();
      },
    );
  }

  /** Takes a session for a dictation: the open one, or a new one. */
  async take(format: AudioFormat): Promise<Session> {
    clearTimeout(this.#retry);
    const fresh = JSON.stringify([format, this.#options()]);
    if (this.#next !== undefined && this.#settings !== fresh) this.#dropSession();
    this.#format = format;
    const session = await this.#open();
    this.#next = undefined;
    this.#session = undefined;
    return session;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#dropSession();
  }

  #open(): Promise<Session> {
    if (this.#next !== undefined) return this.#next;
    const options = this.#options();
    this.#settings = JSON.stringify([this.#format, options]);
    const next = connect({ ...options, audio: this.#format!, WebSocket: WebSocket as never });
    this.#next = next;
    void next.then(
      (session) => {
        if (this.#next !== next) return;
        this.#session = session;
        void session.closed.then(() => this.#handleEnd(next));
      },
      () => {
        if (this.#next === next) this.#next = undefined;
      },
    );
    return next;
  }

  /** Replaces a spare session that the server has ended, because of its limits or a restart. */
  #handleEnd(session: Promise<Session>): void {
    if (this.#next !== session) return;
    this.#next = undefined;
    this.#session = undefined;
    this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    const wait = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)]!;
    this.#retry = setTimeout(() => void this.prepare(this.#format!), wait);
    this.#retry.unref();
  }

  #dropSession(): void {
    const next = this.#next;
    this.#next = undefined;
    this.#session = undefined;
    void next?.then(
      (session) => session.close(),
      () => {},
    );
  }
}
