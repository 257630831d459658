import type { Encoding } from '../../protocol/audio.ts';
import type { Configure, Start } from '../../protocol/commands.ts';
import type { EventOf, ServerEvent } from '../../protocol/events.ts';
import { FAULTS, type Fault } from '../../protocol/faults.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { readServerEvent } from '../../protocol/read-event.ts';
import { computeBackOffMs } from './back-off.ts';
import { EventLog } from './event-log.ts';
import { Heartbeat } from './heartbeat.ts';
import { canReadRefusals, fetchRefusal, onRefusal, type Refusal, toRemoteFault } from './refusal.ts';
import type { ResumePoint, SessionStart } from './resume-point.ts';
import { openSocket, type SocketLike, type SocketTarget } from './socket.ts';
import { Unacknowledged } from './unacknowledged.ts';

export type SessionListener<T extends ServerEvent['type']> = (event: EventOf<T>) => void;

/** State of the connection: lost and being retried, or back with everything that was missed. */
export type ConnectionState =
  | { readonly state: 'reconnecting'; readonly attempt: number }
  | {
      readonly state: 'resumed';
      /** Audio dropped because it exceeded the buffer while there was no connection, ms. The transcript lacks it. */
      readonly lostMs: number;
    };

/** The protocol's own table pulls in its schemas, which are too large for a page. */
const BYTES_PER_SAMPLE: Readonly<Record<Encoding, number>> = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 };
const OPEN = 1;
/** Unsent bytes from which `sent()` waits: a second of 16 kHz audio is 32 kB. */
const UNSENT_MAX = 262_144;
/** Audio buffered until it is acknowledged, s; `sent()` waits from half of it. */
const KEEP_SECONDS = 60;
const KEEPALIVE_MS = LIMITS.idleTimeoutMs / 3;
/** Time for the server to answer an attempt to resume; each further attempt gets twice as long, up to a bound. */
const ATTEMPT_MS = 5_000;
const ATTEMPT_MOST_MS = 20_000;
/** Closes a connection that seems dead. Without a status, a close frame that does arrive would end the session. */
const GIVEN_UP = 4000;
/** The server closed the connection because of what was sent; sending it again would not help. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

/**
 * One live session. Receive events through `on` or by iterating: both deliver every event from `ready` on exactly once, however
 * often the connection is lost and resumed in between. Its memory does not grow with the session (see `EventLog`).
 */
export class Session implements AsyncIterable<ServerEvent>, AsyncDisposable {
  /** Resolves when `ready` arrives; `connect` has already waited for it. */
  readonly opened: Promise<EventOf<'ready'>>;
  /** Resolves when the session has ended, or its connection is lost for good. */
  readonly closed: Promise<{ readonly code: number; readonly fault: Fault | undefined }>;
  ready!: EventOf<'ready'>;
  readonly #address: SocketTarget;
  readonly #canReconnect: boolean;
  /** Repeated with every resume, so that the session also waits for a page that reloads. */
  readonly #isStored: boolean;
  readonly #listeners = new Map<string, Set<(event: ServerEvent) => void>>();
  readonly #connectionListeners = new Set<(connection: ConnectionState) => void>();
  readonly #log = new EventLog();
  #socket!: SocketLike;
  /** `opening` until `ready`, `live` on a connection that may be used, `lost` until it is resumed. */
  #state: 'opening' | 'live' | 'lost' | 'ended' = 'opening';
  #unacknowledged: Unacknowledged | undefined;
  #bytesPerMs = 1;
  #seq = 0;
  #lostBytes = 0;
  #lostSinceMs: number | undefined;
  #attempt = 0;
  readonly #clientId = Math.random().toString(36).slice(2);
  #attempts = 0;
  #unanswered = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #fault: Fault | undefined;
  #isOver = false;
  #problem = '';
  #flushes = 0;
  #done: Promise<EventOf<'done'>> | undefined;
  #isFinishing = false;
  #sentSinceKeepalive = 0;
  #keepalive: ReturnType<typeof setInterval> | undefined;
  #heartbeat: Heartbeat | undefined;
  #resolveClosed!: (end: { code: number; fault: Fault | undefined }) => void;

  constructor(address: SocketTarget, begin: SessionStart) {
    this.#address = address;
    this.#canReconnect = 'kept' in begin || begin.reconnect;
    this.#isStored = 'kept' in begin || begin.start.keep !== undefined;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.opened = new Promise((resolve, reject) => {
      this.on('ready', (ready) => resolve(ready));
      this.onConnection(({ state }) => {
        if (state === 'resumed') resolve(this.ready);
      });
      void this.closed.then(({ code, fault }) => {
        reject(
          fault ??
            new Error(
              code === 1006
                ? `The server cannot be reached, or refused the connection${this.#problem}.`
                : `The connection ended (${code}).`,
            ),
        );
      });
    });
    this.opened.catch(() => {});
    if ('kept' in begin) this.#resumeFrom(begin.kept);
    else this.#socket = this.#openSocket(begin.start);
  }

  /** Number of the last event received. */
  get seq(): number {
    return this.#seq;
  }

  /** Calls `listener` for every event of a type. Dispose the result to stop. */
  on<T extends ServerEvent['type']>(type: T, listener: SessionListener<T>): Disposable {
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set);
    set.add(listener as (event: ServerEvent) => void);
    return { [Symbol.dispose]: () => set.delete(listener as (event: ServerEvent) => void) };
  }

  /** Calls `listener` when the connection is lost, tried again, and back. */
  onConnection(listener: (connection: ConnectionState) => void): Disposable {
    this.#connectionListeners.add(listener);
    return { [Symbol.dispose]: () => this.#connectionListeners.delete(listener) };
  }

  /**
   * Sends audio in the encoding of `start`: bytes as they are, or Int16 and Float32 samples in memory order. Up to 60 s are
   * buffered until the server acknowledges them; `resumed` says how much was dropped beyond that. After `finish`, nothing is sent.
   */
  send(audio: ArrayBufferView | ArrayBuffer): void {
    if (this.#state === 'ended' || this.#state === 'opening' || this.#isFinishing) return;
    this.#sentSinceKeepalive++;
    const bytes = ArrayBuffer.isView(audio)
      ? new Uint8Array(audio.buffer, audio.byteOffset, audio.byteLength).slice()
      : new Uint8Array(audio).slice();
    this.#unacknowledged?.push(bytes);
    if (this.#isUsable) this.#socket.send(bytes);
  }

  /** Resolves when there is room to send more, for senders faster than real time; never while the connection is lost. */
  async sent(): Promise<void> {
    while (this.#isFull) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Bytes passed to `send` that have not left yet; while the connection is lost, all unacknowledged bytes. */
  get unsentBytes(): number {
    return this.#state === 'lost' ? (this.#unacknowledged?.bytes ?? 0) : this.#socket.bufferedAmount;
  }

  /** Position of the next audio in the session, in samples as the server counts them. */
  get position(): number {
    return this.#unacknowledged?.position ?? 0;
  }

  /** Audio the server has not acknowledged, oldest first. When this session is gone, give it to the next one. */
  get unacknowledged(): readonly Uint8Array[] {
    return this.#unacknowledged?.audio ?? [];
  }

  configure(change: Omit<Configure, 'type'>): void {
    this.#sendCommand({ type: 'configure', ...change });
  }

  /** Finalises everything sent so far. Resolves when its finals have arrived. */
  flush(): Promise<EventOf<'flushed'>> {
    const id = `f${++this.#flushes}`;
    this.#sendCommand({ type: 'flush', id });
    return this.#waitFor('flushed', (event) => event.id === id);
  }

  /** Ends the session. Resolves with `done` when every final and cleaning has arrived; a second call gives the same promise. */
  finish(): Promise<EventOf<'done'>> {
    if (this.#done !== undefined) return this.#done;
    this.#isFinishing = true;
    this.#sendCommand({ type: 'finish' });
    this.#done = this.#waitFor('done', () => true);
    return this.#done;
  }

  /** Closes the session at once; text that is not final is lost. */
  close(): void {
    this.#isOver = true;
    if (this.#state === 'lost') this.#end(1000);
    this.#socket.close(1000);
  }

  /** Leaves as `close` does, and waits for the end; for `await using`, where the platform has the symbol. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  /**
   * Yields every event from `ready` on and returns when the session ends. An iterator that begins late starts with the oldest
   * event that is still held: at least the newest 1,000. One that falls further behind misses partials that a later event
   * supersedes.
   */
  [Symbol.asyncIterator](): AsyncGenerator<ServerEvent> {
    return this.#log.read();
  }

  get #isUsable(): boolean {
    return this.#state === 'live' && this.#socket.readyState === OPEN;
  }

  get #isFull(): boolean {
    if (this.#state === 'ended') return false;
    const half = (KEEP_SECONDS * 1_000 * this.#bytesPerMs) / 2;
    return (
      this.#state === 'lost' ||
      this.#socket.bufferedAmount > UNSENT_MAX ||
      (this.#canReconnect && (this.#unacknowledged?.bytes ?? 0) > half)
    );
  }

  #waitFor<T extends ServerEvent['type']>(type: T, wanted: (event: EventOf<T>) => boolean): Promise<EventOf<T>> {
    return new Promise((resolve, reject) => {
      const listening = this.on(type, (event) => {
        if (!wanted(event)) return;
        listening[Symbol.dispose]();
        resolve(event);
      });
      void this.closed.then(({ code, fault }) =>
        reject(fault ?? new Error(`The connection ended (${code}) before ${type} came.`)),
      );
    });
  }

  /** Opens a new connection with `start`. Messages of connections that it replaces are ignored. */
  #openSocket(start: Start): SocketLike {
    const socket = openSocket(this.#address, start.resume?.session);
    const ours = (): boolean => this.#socket === undefined || this.#socket === socket;
    socket.addEventListener('open', () => socket.send(JSON.stringify(start)));
    onRefusal(socket, (refusal) => {
      if (ours()) this.#handleRefusal(refusal);
    });
    socket.addEventListener('message', ((event: { data: unknown }) => {
      if (ours() && typeof event.data === 'string') this.#receive(event.data);
    }) as (event: never) => void);
    // Browsers never give the reason for an error; `close` follows.
    socket.addEventListener('error', ((event: { message?: unknown }) => {
      if (typeof event.message === 'string') this.#problem = ` (${event.message})`;
    }) as (event: never) => void);
    socket.addEventListener('close', ((event: { code: number }) => {
      if (ours()) this.#handleLoss(event.code);
    }) as (event: never) => void);
    return socket;
  }

  #receive(text: string): void {
    this.#heartbeat?.received();
    const event = readServerEvent(text);
    if (event === undefined || this.#state === 'ended') return;
    if (event.type === 'resumed') return this.#handleResumed(event);
    // A fault in response to `resume` is not one of the session's numbered events.
    if (this.#state === 'lost') {
      if (event.type !== 'fault') return;
      if (event.code === 'session.unknown') this.#isOver = true;
      this.#fault = toRemoteFault(event);
      return;
    }
    if (event.type === 'alive' || event.seq <= this.#seq) return;
    this.#seq = event.seq;
    if (event.type === 'ready') this.#handleReady(event);
    if (event.type === 'ack') this.#unacknowledged?.acknowledge(event.samples ?? 0, undefined);
    if (event.type === 'done') this.#isOver = true;
    if (event.type === 'fault') {
      this.#fault = toRemoteFault(event);
      this.#isOver ||= event.fatal;
    }
    this.#log.push(event);
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
    this.#log.wake();
  }

  /** Continues as if the connection had only been lost: the server cannot tell that the page was reloaded. */
  #resumeFrom({ ready, seq, audio }: ResumePoint): void {
    this.#handleReady(ready, audio?.fromSample);
    if (audio !== undefined) this.#unacknowledged?.push(audio.bytes);
    this.#seq = seq;
    this.#state = 'lost';
    this.#lostSinceMs = performance.now();
    this.#resume();
  }

  #handleReady(ready: EventOf<'ready'>, fromSample = 0): void {
    this.ready = ready;
    this.#state = 'live';
    const frameBytes = BYTES_PER_SAMPLE[ready.audio.encoding] * ready.audio.channels;
    this.#bytesPerMs = (frameBytes * ready.audio.sampleRate) / 1_000;
    if (this.#canResume) {
      this.#unacknowledged = new Unacknowledged(frameBytes, KEEP_SECONDS * 1_000 * this.#bytesPerMs, fromSample);
    }
    this.#keepalive = setInterval(() => this.#sendKeepalive(), KEEPALIVE_MS);
    (this.#keepalive as { unref?: () => void }).unref?.();
    this.#heartbeat = new Heartbeat(this.#canResume ? (ready.aliveMs ?? 0) : 0, () => this.#handleSilence());
  }

  #handleSilence(): 'news' | 'known' {
    if (this.#state !== 'live') return 'known';
    this.#socket.close(GIVEN_UP);
    this.#handleLoss(1006);
    return 'news';
  }

  get #canResume(): boolean {
    return this.#canReconnect && (this.ready?.resumeMs ?? 0) > 0;
  }

  #handleResumed({ samples, commands }: EventOf<'resumed'>): void {
    clearTimeout(this.#retryTimer);
    this.#state = 'live';
    this.#lostSinceMs = undefined;
    this.#attempt = 0;
    this.#unanswered = 0;
    this.#fault = undefined;
    for (const item of this.#unacknowledged!.resume(samples, commands)) this.#socket.send(item);
    const lost = this.#unacknowledged!.lostBytes;
    const lostMs = Math.round((lost - this.#lostBytes) / this.#bytesPerMs);
    this.#lostBytes = lost;
    for (const listener of this.#connectionListeners) listener({ state: 'resumed', lostMs });
  }

  #handleLoss(code: number): void {
    if (this.#state === 'ended') return;
    const nowMs = performance.now();
    this.#lostSinceMs ??= nowMs;
    // The server finalises the session after `resumeMs` and keeps the result for as long again.
    const late = nowMs - this.#lostSinceMs > 2 * (this.ready?.resumeMs ?? 0);
    if (this.#isOver || FINAL_STATUSES.has(code)) return this.#end(code);
    if (this.#state === 'opening' || !this.#canResume || late) return void this.#findReason(code);
    this.#state = 'lost';
    const attempt = ++this.#attempt;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#resume(), computeBackOffMs(attempt, Math.random()));
    for (const listener of this.#connectionListeners) listener({ state: 'reconnecting', attempt });
  }

  /** The server answered, but not as a WebSocket. A refusal that cannot change is not retried. */
  #handleRefusal(refusal: Refusal): void {
    if (this.#state === 'ended') return;
    this.#problem = ` (${typeof refusal === 'string' ? refusal : refusal.message})`;
    if (typeof refusal === 'string') return;
    this.#fault = refusal;
    this.#isOver ||= FAULTS[refusal.code].retry === 'never';
  }

  /** Browsers do not expose why a connection was refused; the server says so over HTTP. */
  async #findReason(code: number): Promise<void> {
    const silent = code === 1006 && this.#fault === undefined && !canReadRefusals(this.#socket);
    const refusal = silent ? await fetchRefusal(this.#address, this.ready?.session) : undefined;
    if (refusal !== undefined) this.#handleRefusal(refusal);
    this.#end(code);
  }

  #resume(): void {
    const { session, secret } = this.ready;
    const attempt = { of: this.#clientId, number: ++this.#attempts };
    const resume = { session, secret, seq: this.#seq, attempt };
    const socket = this.#openSocket({ type: 'start', resume, ...(this.#isStored ? { keep: {} } : {}) });
    this.#socket = socket;
    this.#retryTimer = setTimeout(
      () => {
        if (this.#socket !== socket || this.#state !== 'lost') return;
        socket.close(GIVEN_UP);
        this.#handleLoss(1006);
      },
      Math.min(ATTEMPT_MOST_MS, ATTEMPT_MS * 2 ** this.#unanswered++),
    );
  }

  #sendCommand(message: object): void {
    const text = JSON.stringify(message);
    if (this.#state === 'ended') return;
    this.#unacknowledged?.push(text);
    if (this.#isUsable) this.#socket.send(text);
  }

  #sendKeepalive(): void {
    if (this.#sentSinceKeepalive === 0 && this.#isUsable) this.#socket.send(JSON.stringify({ type: 'keepalive' }));
    this.#sentSinceKeepalive = 0;
  }

  #end(code: number): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearInterval(this.#keepalive);
    this.#heartbeat?.close();
    clearTimeout(this.#retryTimer);
    // After `done` the session is complete, whatever happened to the connection.
    const done = this.#log.last?.type === 'done';
    this.#resolveClosed({ code: done ? 1000 : code, fault: this.#fault });
    this.#log.end();
  }
}
