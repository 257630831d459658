import { Fault } from '../../protocol/index.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { OpenRequest, StreamDecision, Transport, TransportHandler } from '../ports/transport.ts';
import type { Certificate } from './certificate.ts';
import { buildBadRequestResponse, buildBugResponse, ConnectionGuard } from './guard.ts';
import { startHeartbeat } from './heartbeat.ts';
import { waitForNextTurn } from './next-turn.ts';
import { type SocketData, UwsConnection } from './uws-connection.ts';
import { readRequest, writeResponse } from './uws-http.ts';
import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  UwsLibrary,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from './uws-library.ts';
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

/** The library takes a host together with options; its own types forget that form. */
type Listen = (host: string, port: number, options: number, taken: (socket: us_listen_socket | false) => void) => void;

/** Unlike its default, two servers on one port are an error. */
const EXCLUSIVE_PORT = 1;
/** Bytes the library may hold for one client. The outbox gives up long before. */
const QUEUE_BYTES_MAX = 16 * 1_048_576;
/** The library cuts longer frames off without a word; up to this they get a proper close. */
const CUT_OFF_FRAMES = 4;

/** HTTP and WebSocket on one port, over uWebSockets.js. */
export class UwsTransport implements Transport {
  readonly #library: UwsLibrary;
  readonly #app: TemplatedApp;
  readonly #handler: TransportHandler;
  readonly #options: UwsOptions;
  readonly #reportBug: ReportBug;
  readonly #live = new Set<UwsConnection>();
  readonly #streams = new Set<UwsStream>();
  readonly #stopPings: () => void;
  #socket: us_listen_socket | undefined;
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  constructor(library: UwsLibrary, handler: TransportHandler, options: UwsOptions, reportBug: ReportBug) {
    this.#library = library;
    this.#handler = handler;
    this.#options = options;
    this.#reportBug = reportBug;
    const { certificate } = options;
    this.#app =
      certificate === undefined
        ? library.App()
        : library.SSLApp({ cert_file_name: certificate.certPath, key_file_name: certificate.keyPath });
    this.#app.ws<SocketData>('/*', {
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
    const client = new UwsClient(response);
    this.#guard(client).run(() => {
      // The request lives only until this callback returns.
      const key = request.getHeader('sec-websocket-key');
      const extensions = request.getHeader('sec-websocket-extensions');
      return this.#handler.handleUpgrade(openRequest(response, request)).then((upgrade) => {
        if (client.isGone) return;
        if (upgrade.kind === 'refuse') return client.answer(upgrade.response);
        const seat: SocketData = { accepted: upgrade };
        client.leave();
        response.cork(() => response.upgrade(seat, key, upgrade.subprotocol ?? '', extensions, context));
      });
    });
  }

  #open(socket: WebSocket<SocketData>): void {
    const seat = socket.getUserData();
    const connection = new UwsConnection(socket, this.#options, this.#reportBug);
    seat.connection = connection;
    this.#live.add(connection);
    connection.serve(seat.accepted);
    if (this.#closing !== undefined) connection.close(1012, 'restarting');
  }

  #closed(socket: WebSocket<SocketData>, status: number): void {
    const { connection } = socket.getUserData();
    if (connection === undefined) return;
    this.#live.delete(connection);
    connection.ended(status);
    if (this.#live.size === 0) this.#emptied?.();
  }

  #answer(response: HttpResponse, request: HttpRequest): void {
    const client = new UwsClient(response);
    const guard = this.#guard(client);
    guard.run(() => {
      const following =
        request.getMethod() === 'get' ? this.#handler.handleStream?.(openRequest(response, request)) : undefined;
      if (following !== undefined) return this.#follow(client, following);
      const address = addressOf(response);
      const leaving = new AbortController();
      client.onGone(() => leaving.abort());
      const onLost = (tell: () => void): void => client.onGone(tell);
      const isThere = (): boolean => client.isThere;
      const run = (each: () => void): void => guard.run(each);
      const asked = readRequest(response, request, { onLost, isThere, signal: leaving.signal, run });
      if (asked === undefined) return client.answer(buildBadRequestResponse());
      // Answered in a later turn: the library cuts off a client that sends its next request before that, and would go on
      // with all that came in a row otherwise.
      return waitForNextTurn()
        .then(() => this.#handler.handleRequest(asked, address))
        .then((answer) => client.answer(answer, asked.method === 'HEAD'));
    });
  }

  async #follow(client: UwsClient, coming: Promise<StreamDecision>): Promise<void> {
    const following = await coming;
    if (client.isGone) return;
    if (following.kind === 'refuse') return client.answer(following.response);
    client.leave();
    const stream = new UwsStream(client.response, this.#reportBug);
    this.#streams.add(stream);
    client.onGone(() => stream.gone());
    stream.serve(following, () => this.#streams.delete(stream));
    if (this.#closing !== undefined) stream.close();
  }

  /** A request whose handler breaks is answered with 500 while that is still possible. */
  #guard(client: UwsClient): ConnectionGuard {
    const guard: ConnectionGuard = new ConnectionGuard(this.#reportBug, () => client.break());
    client.guardedBy(guard);
    return guard;
  }
}

/** The client of one HTTP request, until its response has ended or become something else. */
class UwsClient {
  readonly response: HttpResponse;
  readonly #lost: (() => void)[] = [];
  #guard: ConnectionGuard | undefined;
  /** `answered` when an answer has begun, `left` when the response belongs to another object. */
  #state: 'waiting' | 'answered' | 'left' = 'waiting';
  #isGone = false;
  #hasEnded = false;

  constructor(response: HttpResponse) {
    this.response = response;
    response.onAborted(() => {
      this.#isGone = true;
      for (const tell of this.#lost) this.#guard?.run(tell);
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether the response can still be touched: the client is there, and waits for the end of its answer. */
  get isThere(): boolean {
    return !this.#isGone && !this.#hasEnded;
  }

  guardedBy(guard: ConnectionGuard): void {
    this.#guard = guard;
  }

  onGone(tell: () => void): void {
    this.#lost.push(tell);
  }

  /** From now on somebody else writes the response. */
  leave(): void {
    this.#state = 'left';
  }

  answer(answer: Response, head = false): Promise<void> | undefined {
    if (this.#isGone || this.#state !== 'waiting') return undefined;
    this.#state = 'answered';
    return writeResponse(this.response, answer, { gone: () => this.#isGone, head }).finally(() => {
      this.#hasEnded = true;
    });
  }

  /** Tells of a bug with 500; half an answer is cut off by `writeResponse` itself. */
  break(): void {
    void this.answer(buildBugResponse())?.catch(() => {
      // It was closed there; there is nobody left to tell.
    });
  }
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
