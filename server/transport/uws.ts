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
  /** Interval of pings, ms; a peer that has not answered one when the next is due is gone. */
  readonly pingEveryMs: number;
  /** Time a peer has to answer a close, ms. */
  readonly closeTimeoutMs: number;
  /** With a certificate, serves HTTPS and WSS instead. */
  readonly certificate?: Certificate | undefined;
}

/** The library accepts a host together with options; its own types lack that form. */
type Listen = (
  host: string,
  port: number,
  options: number,
  callback: (socket: us_listen_socket | false) => void,
) => void;

/** Unlike the library's default, two servers on one port are an error. */
const EXCLUSIVE_PORT = 1;
/** Bytes the library may hold for one client. The outbox gives up long before. */
const QUEUE_BYTES_MAX = 16 * 1_048_576;
/** The library cuts off longer frames without a close; up to this factor they get a proper one. */
const OVERSIZE_FACTOR = 4;

/** HTTP and WebSocket on one port, over uWebSockets.js. */
export class UwsTransport implements Transport {
  readonly #library: UwsLibrary;
  readonly #app: TemplatedApp;
  readonly #handler: TransportHandler;
  readonly #options: UwsOptions;
  readonly #reportBug: ReportBug;
  readonly #connections = new Set<UwsConnection>();
  readonly #streams = new Set<UwsStream>();
  readonly #stopPings: () => void;
  #socket: us_listen_socket | undefined;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

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
      maxPayloadLength: options.frameBytesMax * OVERSIZE_FACTOR,
      maxBackpressure: QUEUE_BYTES_MAX,
      idleTimeout: 0,
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (socket) => this.#onOpen(socket),
      message: (socket, message, isBinary) => socket.getUserData().connection?.onMessage(message, isBinary),
      ping: (socket) => socket.getUserData().connection?.onPing(),
      pong: (socket) => socket.getUserData().connection?.onPong(),
      drain: (socket) => socket.getUserData().connection?.onDrain(),
      close: (socket, status) => this.#onClose(socket, status),
    });
    this.#app.any('/*', (response, request) => this.#answerRequest(response, request));
    this.#stopPings = startHeartbeat(() => this.#sendPings(), options.pingEveryMs);
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
      this.#onEmpty = resolve;
      if (this.#connections.size === 0) resolve();
      for (const connection of this.#connections) connection.close(1012, 'restarting');
      for (const stream of this.#streams) stream.close();
    });
    return this.#closing;
  }

  #sendPings(): void {
    for (const connection of this.#connections) connection.sendPing();
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const client = new UwsClient(response);
    this.#createGuard(client).run(() => {
      // The request is only valid until this callback returns.
      const key = request.getHeader('sec-websocket-key');
      const extensions = request.getHeader('sec-websocket-extensions');
      return this.#handler.handleUpgrade(toOpenRequest(response, request)).then((upgrade) => {
        if (client.isGone) return;
        if (upgrade.kind === 'refuse') return client.answer(upgrade.response);
        const data: SocketData = { accepted: upgrade };
        client.detach();
        response.cork(() => response.upgrade(data, key, upgrade.subprotocol ?? '', extensions, context));
      });
    });
  }

  #onOpen(socket: WebSocket<SocketData>): void {
    const data = socket.getUserData();
    const connection = new UwsConnection(socket, this.#options, this.#reportBug);
    data.connection = connection;
    this.#connections.add(connection);
    connection.serve(data.accepted);
    if (this.#closing !== undefined) connection.close(1012, 'restarting');
  }

  #onClose(socket: WebSocket<SocketData>, status: number): void {
    const { connection } = socket.getUserData();
    if (connection === undefined) return;
    this.#connections.delete(connection);
    connection.onClose(status);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #answerRequest(response: HttpResponse, request: HttpRequest): void {
    const client = new UwsClient(response);
    const guard = this.#createGuard(client);
    guard.run(() => {
      const decision =
        request.getMethod() === 'get' ? this.#handler.handleStream?.(toOpenRequest(response, request)) : undefined;
      if (decision !== undefined) return this.#startStream(client, decision);
      const address = readAddress(response);
      const abort = new AbortController();
      client.onGone(() => abort.abort());
      const onLost = (listener: () => void): void => client.onGone(listener);
      const isOpen = (): boolean => client.isOpen;
      const run = (each: () => void): void => guard.run(each);
      const fetchRequest = readRequest(response, request, { onLost, isOpen, signal: abort.signal, run });
      if (fetchRequest === undefined) return client.answer(buildBadRequestResponse(), request.getMethod() === 'head');
      // Answered in a later turn: the library cuts off a client that sends its next request before that; otherwise it
      // would go on with all that arrive in a row.
      return waitForNextTurn()
        .then(() => this.#handler.handleRequest(fetchRequest, address))
        .then((answer) => client.answer(answer, fetchRequest.method === 'HEAD'));
    });
  }

  async #startStream(client: UwsClient, pending: Promise<StreamDecision>): Promise<void> {
    const decision = await pending;
    if (client.isGone) return;
    if (decision.kind === 'refuse') return client.answer(decision.response);
    client.detach();
    const stream = new UwsStream(client.response, this.#reportBug);
    this.#streams.add(stream);
    client.onGone(() => stream.onClose());
    stream.serve(decision, () => this.#streams.delete(stream));
    if (this.#closing !== undefined) stream.close();
  }

  /** Answers a request whose handler breaks with 500 while that is still possible. */
  #createGuard(client: UwsClient): ConnectionGuard {
    const guard: ConnectionGuard = new ConnectionGuard(this.#reportBug, () => client.answerWithBug());
    client.setGuard(guard);
    return guard;
  }
}

/** The client of one HTTP request, until its response has ended or another object writes it. */
class UwsClient {
  readonly response: HttpResponse;
  readonly #goneListeners: (() => void)[] = [];
  #guard: ConnectionGuard | undefined;
  /** `answered` when a response has begun, `detached` when it belongs to another object. */
  #state: 'waiting' | 'answered' | 'left' = 'waiting';
  #isGone = false;
  #hasEnded = false;

  constructor(response: HttpResponse) {
    this.response = response;
    response.onAborted(() => {
      this.#isGone = true;
      for (const listener of this.#goneListeners) this.#guard?.run(listener);
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether the response can still be touched: the client is connected and waits for its end. */
  get isOpen(): boolean {
    return !this.#isGone && !this.#hasEnded;
  }

  setGuard(guard: ConnectionGuard): void {
    this.#guard = guard;
  }

  onGone(listener: () => void): void {
    this.#goneListeners.push(listener);
  }

  /** Leaves the response to another object. */
  detach(): void {
    this.#state = 'left';
  }

  answer(answer: Response, head = false): Promise<void> | undefined {
    if (this.#isGone || this.#state !== 'waiting') return undefined;
    this.#state = 'answered';
    return writeResponse(this.response, answer, { isGone: () => this.#isGone, isHead: head }).finally(() => {
      this.#hasEnded = true;
    });
  }

  /** Reports a bug with 500; half a response is cut off by `writeResponse` itself. */
  answerWithBug(): void {
    void this.answer(buildBugResponse())?.catch(() => {
      // It has been closed there, and no client is left to tell.
    });
  }
}

function toOpenRequest(response: HttpResponse, request: HttpRequest): OpenRequest {
  // Without a prototype, because a header may have any name.
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
  return { url, headers, subprotocols, remoteAddress: readAddress(response) };
}

/** The library writes IPv6 addresses in full; Node and the log use the short form. */
function readAddress(response: HttpResponse): string {
  const text = Buffer.from(response.getRemoteAddressAsText()).toString('latin1');
  if (!text.includes(':')) return text;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}
