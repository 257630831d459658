import { LIMITS } from '../../protocol/limits.ts';
import { parseJson } from '../../protocol/parse-json.ts';
import { ROOMS_PATH, VIEW_SUBPROTOCOL } from '../../protocol/version.ts';
import type { ViewerEvent, ViewerEventOf } from '../../protocol/viewer-events.ts';
import { computeBackOffMs } from './back-off.ts';
import type { SocketClass, SocketLike } from './socket.ts';

/** State of a viewer's connection. */
export type ViewerState =
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'watching' }
  /** The server will never accept this viewer: `auth.*`, `viewer.revoked`, a wrong option. */
  | { readonly state: 'refused'; readonly fault: ViewerEventOf<'fault'> };

export interface WatchOptions {
  /** `http(s)://` or `ws(s)://` address of the server. */
  readonly url: string;
  readonly room: string;
  /** Viewer token, for a server that requires one. */
  readonly token?: string | undefined;
  /** Where to begin: with what is said from now on (default), with everything the room keeps, or after a cursor. */
  readonly from?: 'now' | 'start' | number | undefined;
  /** Language to receive translations in. */
  readonly translate?: string | undefined;
  /** Whether finals contain their words with times; default false. */
  readonly words?: boolean | undefined;
  /** WebSocket class to use; default: the global one. */
  readonly WebSocket?: SocketClass | undefined;
  readonly on: {
    event(event: ViewerEvent): void;
    state?(state: ViewerState): void;
  };
}

/** A connection is dead after this multiple of the server's longest silence, whatever the network says. */
const DEAD_AFTER = 2.5;
/** An attempt without an answer in this time is abandoned for the next one, ms. */
const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Follows a room. Reconnects for ever when the connection is lost, continuing after the last event received, so that no final is
 * missed or delivered twice as long as the room keeps it. A `room` event with `cut` says when it no longer had everything.
 */
export function watchRoom(options: WatchOptions): { close(): void } {
  const Socket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketClass | undefined);
  if (Socket === undefined)
    throw new Error('There is no WebSocket here; give one as `WebSocket`, such as that of the ws package.');
  return new RoomViewer(options, Socket);
}

class RoomViewer {
  readonly #options: WatchOptions;
  readonly #Socket: SocketClass;
  #socket: SocketLike | undefined;
  #cursor: number | undefined;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: WatchOptions, Socket: SocketClass) {
    this.#options = options;
    this.#Socket = Socket;
    this.#openSocket();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  get #url(): string {
    const { url, room, from, translate, words } = this.#options;
    const address = new URL(url.replace(/^http/i, 'ws'));
    address.pathname = ROOMS_PATH + room;
    address.search = '';
    const start = this.#cursor ?? from;
    if (start !== undefined) address.searchParams.set('from', String(start));
    if (translate !== undefined) address.searchParams.set('translate', translate);
    if (words === true) address.searchParams.set('words', '1');
    return address.href;
  }

  #openSocket(): void {
    const { token, on } = this.#options;
    on.state?.({ state: 'connecting', attempt: ++this.#attempt });
    // The callback may have closed the connection.
    if (this.#closed) return;
    const protocols = token === undefined ? [VIEW_SUBPROTOCOL] : [VIEW_SUBPROTOCOL, `sotto.auth.${token}`];
    const socket = new this.#Socket(this.#url, protocols);
    this.#socket = socket;
    const ours = (): boolean => this.#socket === socket && !this.#closed;
    socket.addEventListener('message', ((event: { data: unknown }) => {
      if (ours() && typeof event.data === 'string') this.#receive(event.data);
    }) as (event: never) => void);
    // `close` follows.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', () => {
      if (ours()) this.#handleLoss();
    });
    this.#startTimeout(ATTEMPT_TIMEOUT_MS);
  }

  #receive(text: string): void {
    this.#startTimeout(LIMITS.viewerAliveEveryMs * DEAD_AFTER);
    const event = readViewerEvent(text);
    if (event === undefined) return;
    if (event.type === 'fault' && event.retry === 'never') {
      this.close();
      this.#options.on.state?.({ state: 'refused', fault: event });
      return;
    }
    if (event.type === 'room' && this.#attempt > 0) {
      this.#attempt = 0;
      this.#options.on.state?.({ state: 'watching' });
    }
    this.#cursor = Math.max(this.#cursor ?? 0, event.cursor);
    this.#options.on.event(event);
  }

  /** Unplugging a cable closes no socket: a server that stays silent for this long is unreachable. */
  #startTimeout(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const socket = this.#socket;
      this.#handleLoss();
      socket?.close();
    }, ms);
    // The socket alone decides whether the program stays alive; this timer must not.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #handleLoss(): void {
    this.#socket = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#openSocket(), computeBackOffMs(Math.max(1, this.#attempt), Math.random()));
  }
}

function readViewerEvent(text: string): ViewerEvent | undefined {
  try {
    const event = parseJson(text) as ViewerEvent;
    return typeof event.type === 'string' && typeof event.cursor === 'number' ? event : undefined;
  } catch {
    return undefined;
  }
}
