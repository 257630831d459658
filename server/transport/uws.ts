import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import { FAULTS, Fault, LIMITS } from '../../protocol/index.ts';
import { Allowance } from '../core/schedule/allowance.ts';
import type {
  Connection,
  ConnectionHandler,
  Following,
  OpenRequest,
  Transport,
  TransportHandler,
  Upgrade,
} from '../ports/transport.ts';
import type { Certificate } from './certificate.ts';
import { startHeartbeat } from './heartbeat.ts';
import { requestOf, writeResponse } from './uws-http.ts';
import { UwsStream } from './uws-stream.ts';

export interface UwsOptions {
  readonly frameBytesMax: number;
  /** A peer that has not answered a ping when the next is due is gone, ms. */
  readonly pingEveryMs: number;
  /** Time a peer has to answer a close, ms. */
  readonly closeTimeoutMs: number;
  /** With one, HTTPS and WSS are spoken instead. */
  readonly certificate?: Certificate | undefined;
}

export type UwsLibrary = typeof import('uWebSockets.js');
type Accepted = Extract<Upgrade, { kind: 'accept' }>;
interface Seat {
  readonly accepted: Accepted;
  connection?: UwsConnection;
}
/** The library takes a host together with options; its own types forget that form. */
type Listen = (host: string, port: number, options: number, taken: (socket: us_listen_socket | false) => void) => void;

/** Unlike its default, two servers on one port are an error. */
const EXCLUSIVE_PORT = 1;
/** Bytes the library may hold for one client. The outbox gives up long before. */
const QUEUE_BYTES_MAX = 16 * 1_048_576;
/** What a held frame costs besides its bytes. */
const HELD_FRAME_BYTES = 256;
/** The library cuts longer frames off without a word; up to this they get a proper close. */
const CUT_OFF_FRAMES = 4;

/** HTTP and WebSocket on one port, over uWebSockets.js. */
export class UwsTransport implements Transport {
  readonly #library: UwsLibrary;
  readonly #app: TemplatedApp;
  readonly #handler: TransportHandler;
  readonly #options: UwsOptions;
  readonly #live = new Set<UwsConnection>();
  readonly #streams = new Set<UwsStream>();
  readonly #stopPings: () => void;
  #socket: us_listen_socket | undefined;
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  constructor(library: UwsLibrary, handler: TransportHandler, options: UwsOptions) {
    this.#library = library;
    this.#handler = handler;
    this.#options = options;
    const { certificate } = options;
    this.#app =
      certificate === undefined
        ? library.App()
        : library.SSLApp({ cert_file_name: certificate.certPath, key_file_name: certificate.keyPath });
    this.#app.ws<Seat>('/*', {
      maxPayloadLength: options.frameBytesMax * CUT_OFF_FRAMES,
      maxBackpressure: QUEUE_BYTES_MAX,
      idleTimeout: 0,
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (socket) => this.#open(socket),
      message: (socket, message, isBinary) => socket.getUserData().connection?.heard(message, isBinary),
      ping: (socket) => socket.getUserData().connection?.pinged(),
      pong: (socket) => socket.getUserData().connection?.answered(),
      close: (socket, status) => this.#closed(socket, status),
    });
    this.#app.any('/*', (response, request) => this.#answer(response, request));
    this.#stopPings = startHeartbeat(() => this.#ping(), options.pingEveryMs);
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      (this.#app.listen as unknown as Listen)(host, port, EXCLUSIVE_PORT, (socket) => {
        if (socket === false) {
          const problem = 'the port is taken, or the address is not of this machine';
          reject(new Fault('server.listen', { host, port, problem }));
          return;
        }
        this.#socket = socket;
        resolve(this.#library.us_socket_local_port(socket as never));
      });
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#stopPings();
      if (this.#socket !== undefined) this.#library.us_listen_socket_close(this.#socket);
      this.#emptied = resolve;
      if (this.#live.size === 0) resolve();
      for (const connection of this.#live) connection.close(1012, 'restarting');
      for (const stream of this.#streams) stream.close();
    });
    return this.#closing;
  }

  #ping(): void {
    for (const connection of this.#live) connection.ping();
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    let gone = false;
    response.onAborted(() => {
      gone = true;
    });
    // The request lives only until this callback returns.
    const key = request.getHeader('sec-websocket-key');
    const extensions = request.getHeader('sec-websocket-extensions');
    void this.#handler.upgrade(openRequest(response, request)).then((upgrade) => {
      if (gone) return;
      if (upgrade.kind === 'refuse') return writeResponse(response, upgrade.response, { gone: () => gone });
      const seat: Seat = { accepted: upgrade };
      response.cork(() => response.upgrade(seat, key, upgrade.subprotocol ?? '', extensions, context));
    });
  }

  #open(socket: WebSocket<Seat>): void {
    const seat = socket.getUserData();
    const connection = new UwsConnection(socket, this.#options);
    seat.connection = connection;
    this.#live.add(connection);
    connection.serve(seat.accepted.open(connection));
    if (this.#closing !== undefined) connection.close(1012, 'restarting');
  }

  #closed(socket: WebSocket<Seat>, status: number): void {
    const { connection } = socket.getUserData();
    if (connection === undefined) return;
    this.#live.delete(connection);
    connection.ended(status);
    if (this.#live.size === 0) this.#emptied?.();
  }

  #answer(response: HttpResponse, request: HttpRequest): void {
    let gone = false;
    const lost: (() => void)[] = [];
    response.onAborted(() => {
      gone = true;
      for (const tell of lost) tell();
    });
    const following =
      request.getMethod() === 'get' ? this.#handler.follow?.(openRequest(response, request)) : undefined;
    if (following !== undefined) return this.#follow(response, following, lost);
    const address = addressOf(response);
    const leaving = new AbortController();
    lost.push(() => leaving.abort());
    const asked = requestOf(response, request, { onLost: (tell) => lost.push(tell), signal: leaving.signal });
    void this.#handler
      .fetch(asked, address)
      .then((answer) => writeResponse(response, answer, { gone: () => gone, head: asked.method === 'HEAD' }));
  }

  #follow(response: HttpResponse, coming: Promise<Following>, lost: (() => void)[]): void {
    let gone = false;
    lost.push(() => {
      gone = true;
    });
    void coming.then((following) => {
      if (gone) return;
      if (following.kind === 'refuse') return writeResponse(response, following.response, { gone: () => gone });
      const stream = new UwsStream(response);
      this.#streams.add(stream);
      lost.push(() => stream.gone());
      stream.serve(following, () => this.#streams.delete(stream));
      if (this.#closing !== undefined) stream.close();
    });
  }
}

class UwsConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: WebSocket<Seat>;
  readonly #options: UwsOptions;
  readonly #pings = new Allowance(LIMITS.pingsPerSecondMax, LIMITS.pingsPerSecondMax * 5);
  #handler: ConnectionHandler | undefined;
  /** After `closing` nothing more is sent or heard; after `ended` the library's socket must not be touched. */
  #life: 'open' | 'closing' | 'ended' = 'open';
  #status = 1006;
  #paused = false;
  #delivering = false;
  /** What a paused connection has heard, from `#next` on: the library cannot stop reading a WebSocket. */
  #held: (string | Uint8Array)[] = [];
  #next = 0;
  #heldBytes = 0;
  #silent = false;

  constructor(socket: WebSocket<Seat>, options: UwsOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  get queuedBytes(): number {
    return this.#life === 'ended' ? 0 : this.#socket.getBufferedAmount();
  }

  serve(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  send(frame: string | Uint8Array): void {
    if (this.#life !== 'open') return;
    // The library drops what it cannot hold; a hole in the events would be worse than the end.
    if (this.#socket.send(frame, typeof frame !== 'string') === 2)
      this.close(FAULTS['client.slow'].close, 'client.slow');
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#deliverLater();
  }

  close(status: number, reason: string): void {
    if (this.#life !== 'open') return;
    this.#life = 'closing';
    this.#paused = false;
    // `end` calls the close handler before it returns, perhaps in the middle of one of the handler's own calls.
    setImmediate(() => {
      if (this.#life !== 'ended') this.#socket.end(status, reason.slice(0, 120));
    });
    setTimeout(() => {
      if (this.#life !== 'ended') this.#socket.close();
    }, this.#options.closeTimeoutMs).unref();
  }

  /** The library's buffer is good only during this call. */
  heard(message: ArrayBuffer, isBinary: boolean): void {
    this.#silent = false;
    if (this.#life !== 'open') return;
    if (message.byteLength > this.#options.frameBytesMax) return this.close(1009, 'frame.size');
    const frame = isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString('utf8');
    if (!this.#paused && this.#held.length === 0) return this.#handler?.message(frame);
    this.#held.push(frame);
    this.#heldBytes += message.byteLength + HELD_FRAME_BYTES;
    if (this.#heldBytes > LIMITS.heldBytesMax) this.close(FAULTS['audio.backlog'].close, 'audio.backlog');
  }

  pinged(): void {
    this.#silent = false;
    if (this.#pings.spend(1, performance.now()) > 0) this.close(FAULTS['frame.rate'].close, 'frame.rate');
  }

  answered(): void {
    this.#silent = false;
  }

  ping(): void {
    if (this.#silent) return this.#socket.close();
    this.#silent = true;
    this.#socket.ping();
  }

  ended(status: number): void {
    const byPeer = this.#life === 'open';
    this.#life = 'ended';
    this.#status = status;
    if (!byPeer) this.#forget();
    // What the peer sent before it left is heard before its leaving is, as it would be from a stream.
    if (this.#held.length > 0) this.#deliverLater();
    else setImmediate(() => this.#leave());
  }

  #leave(): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.close(this.#status);
  }

  #deliverLater(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    setImmediate(() => {
      this.#delivering = false;
      while (!this.#paused && this.#next < this.#held.length) {
        const frame = this.#held[this.#next++]!;
        this.#heldBytes -= frame.length + HELD_FRAME_BYTES;
        this.#handler?.message(frame);
      }
      if (this.#next === this.#held.length) this.#forget();
      if (this.#life === 'ended' && this.#held.length === 0) this.#leave();
    });
  }

  #forget(): void {
    this.#held = [];
    this.#next = 0;
    this.#heldBytes = 0;
  }
}

/** Rejects with a `config.value` fault when uWebSockets.js is not installed, or not for this Node. */
export async function loadUws(find: () => Promise<unknown> = () => import('uWebSockets.js')): Promise<UwsLibrary> {
  const want =
    'ws, or uws with uWebSockets.js installed for this Node (npm install uNetworking/uWebSockets.js#v20.51.0, see server/README.md)';
  let library: UwsLibrary;
  try {
    const module = (await find()) as UwsLibrary & { readonly default?: UwsLibrary };
    library = module.default ?? module;
  } catch (cause) {
    throw new Fault('config.value', { name: 'transport', got: 'uws', want }, { cause });
  }
  // A republished build answers with a stand-in when it has no binary for this Node; that would be slower than `ws`.
  if (typeof library.getParts !== 'function') throw new Fault('config.value', { name: 'transport', got: 'uws', want });
  return library;
}

function openRequest(response: HttpResponse, request: HttpRequest): OpenRequest {
  // Without a prototype, for a header may have any name.
  const headers: Record<string, string> = Object.create(null);
  request.forEach((name, value) => {
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  });
  const query = request.getQuery();
  const subprotocols = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const url = request.getUrl() + (query ? `?${query}` : '');
  return { url, headers, subprotocols, remoteAddress: addressOf(response) };
}

/** The library writes IPv6 out in full; Node and the log have the short form. */
function addressOf(response: HttpResponse): string {
  const text = Buffer.from(response.getRemoteAddressAsText()).toString('latin1');
  if (!text.includes(':')) return text;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}
