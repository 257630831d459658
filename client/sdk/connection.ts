import type { Configure, Start } from '../../protocol/commands.ts';
import type { EventOf, ServerEvent } from '../../protocol/events.ts';
import { FAULTS, Fault, type FaultCode } from '../../protocol/faults.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { readServerEvent } from '../../protocol/read-event.ts';
import { STREAM_PATH, SUBPROTOCOL } from '../../protocol/version.ts';

/** The part of a WebSocket that is used; the browser's, Node 22's and `ws`'s all have it. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: string | ArrayBufferView | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

export interface ConnectOptions extends Omit<Start, 'type'> {
  /** `http(s)://` or `ws(s)://` address of the server; the path is added when there is none. */
  readonly url: string;
  /** Key or token of the server, where it wants one. A page should hold a token from `POST /v1/token`, never a key. */
  readonly credential?: string;
  /** WebSocket class to use; default the global one. On Node 20 give that of the `ws` package. */
  readonly WebSocket?: new (
    url: string,
    protocols: string[],
  ) => SocketLike;
  /** Time to reach the server and be `ready`, ms; default 15000. */
  readonly timeoutMs?: number;
}

export type Listener<T extends ServerEvent['type']> = (event: EventOf<T>) => void;

const OPEN = 1;
/** Bytes unsent at which `sent()` waits: a second of 16 kHz audio is 32 kB. */
const UNSENT_MAX = 262_144;
const KEEPALIVE_MS = LIMITS.idleTimeoutMs / 3;

/**
 * Opens a session: connects, sends `start`, resolves at `ready`. Rejects with a `Fault` (the server's own, or
 * `session.unknown`-like ones are never invented) or an Error that says the server was not reached.
 */
export function connect(options: ConnectOptions): Promise<Session> {
  const { url, WebSocket, timeoutMs, credential, ...start } = options;
  const Socket = WebSocket ?? (globalThis.WebSocket as unknown as NonNullable<ConnectOptions['WebSocket']> | undefined);
  if (Socket === undefined)
    return Promise.reject(
      new Error('There is no WebSocket here; give one as `WebSocket`, such as that of the ws package.'),
    );
  return new Promise((resolve, reject) => {
    const socket = new Socket(
      streamUrl(url),
      credential === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, `sotto.auth.${credential}`],
    );
    const session = new Session(socket, { type: 'start', ...start });
    const timer = setTimeout(() => {
      socket.close();
      reject(new Error(`${url} did not answer within ${(timeoutMs ?? 15_000) / 1000} s.`));
    }, timeoutMs ?? 15_000);
    session.opened.then(
      () => {
        clearTimeout(timer);
        resolve(session);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** The WebSocket address of a server. */
export function streamUrl(url: string): string {
  const parsed = new URL(url.replace(/^http/i, 'ws'));
  if (parsed.pathname === '/' || parsed.pathname === '') parsed.pathname = STREAM_PATH;
  return parsed.href;
}

/** One live session. Events come through `on` or by iterating; both see every event from `ready` on. */
export class Session implements AsyncIterable<ServerEvent> {
  /** Resolves at `ready`. `connect` has waited for it already. */
  readonly opened: Promise<EventOf<'ready'>>;
  /** Resolves when the connection has ended, however it did. */
  readonly closed: Promise<{ readonly code: number; readonly fault: Fault | undefined }>;
  ready!: EventOf<'ready'>;
  readonly #socket: SocketLike;
  readonly #listeners = new Map<string, Set<(event: ServerEvent) => void>>();
  readonly #log: ServerEvent[] = [];
  readonly #wakes = new Set<() => void>();
  #ended = false;
  #fault: Fault | undefined;
  #problem = '';
  #flushes = 0;
  #spoke = 0;
  #keepalive: ReturnType<typeof setInterval> | undefined;

  constructor(socket: SocketLike, start: Start) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => socket.send(JSON.stringify(start)));
    socket.addEventListener('message', ((event: { data: unknown }) => {
      if (typeof event.data === 'string') this.#hear(event.data);
    }) as (event: never) => void);
    // Browsers never tell the reason of an error; `close` follows.
    socket.addEventListener('error', ((event: { message?: unknown }) => {
      if (typeof event.message === 'string') this.#problem = ` (${event.message})`;
    }) as (event: never) => void);
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ((event: { code: number }) => {
        this.#end();
        resolve({ code: event.code, fault: this.#fault });
      }) as (event: never) => void);
    });
    this.opened = new Promise((resolve, reject) => {
      this.on('ready', (ready) => {
        this.ready = ready;
        this.#keepalive = setInterval(() => this.#stayAlive(), KEEPALIVE_MS);
        (this.#keepalive as { unref?: () => void }).unref?.();
        resolve(ready);
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
  }

  /** Calls `listener` for every event of a type; dispose the result to stop. */
  on<T extends ServerEvent['type']>(type: T, listener: Listener<T>): Disposable {
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set);
    set.add(listener as (event: ServerEvent) => void);
    return { [Symbol.dispose]: () => set.delete(listener as (event: ServerEvent) => void) };
  }

  /** Sends audio in the encoding of `start`: bytes as they are, or Int16 and Float32 samples in memory order. */
  send(audio: ArrayBufferView | ArrayBuffer): void {
    if (this.#socket.readyState !== OPEN) return;
    this.#spoke++;
    this.#socket.send(audio);
  }

  /** Resolves when little enough is unsent to go on; wait for it when sending faster than real time. */
  async sent(): Promise<void> {
    while (this.#socket.bufferedAmount > UNSENT_MAX && this.#socket.readyState === OPEN) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Bytes given to `send` that have not left yet. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  configure(change: Omit<Configure, 'type'>): void {
    this.#say({ type: 'configure', ...change });
  }

  /** Finalises everything sent so far; resolves when its finals have come. */
  flush(): Promise<EventOf<'flushed'>> {
    const id = `f${++this.#flushes}`;
    this.#say({ type: 'flush', id });
    return this.#wait('flushed', (event) => event.id === id);
  }

  /** Ends the session; resolves with `done` when every final and cleaning has come. */
  finish(): Promise<EventOf<'done'>> {
    this.#say({ type: 'finish' });
    return this.#wait('done', () => true);
  }

  /** Leaves at once; what was not final is lost. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Every event from the first on; ends with the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ServerEvent> {
    for (let at = 0; ; at++) {
      while (at >= this.#log.length) {
        if (this.#ended) return;
        await new Promise<void>((resolve) => this.#wakes.add(resolve));
      }
      yield this.#log[at]!;
    }
  }

  #wait<T extends ServerEvent['type']>(type: T, wanted: (event: EventOf<T>) => boolean): Promise<EventOf<T>> {
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

  #hear(text: string): void {
    const event = readServerEvent(text);
    if (event === undefined) return;
    if (event.type === 'fault') this.#fault = remoteFault(event);
    this.#log.push(event);
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
    this.#wake();
  }

  #say(message: object): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #stayAlive(): void {
    if (this.#spoke === 0) this.#say({ type: 'keepalive' });
    this.#spoke = 0;
  }

  #end(): void {
    this.#ended = true;
    clearInterval(this.#keepalive);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
    this.#wakes.clear();
  }
}

/** A fault that came over the wire, with the server's text. */
function remoteFault(event: EventOf<'fault'>): Fault {
  const code = event.code in FAULTS ? (event.code as FaultCode) : 'server.bug';
  const fault = new Fault(code, {} as never);
  fault.message = event.text;
  return fault;
}
