import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { FAULTS, LIMITS } from '../../protocol/index.ts';
import { Allowance } from '../core/schedule/allowance.ts';
import type {
  Connection,
  ConnectionHandler,
  Following,
  OpenRequest,
  Transport,
  TransportHandler,
} from '../ports/transport.ts';
import type { Certificate } from './certificate.ts';
import { startHeartbeat } from './heartbeat.ts';
import { listen } from './listen.ts';
import { follow, type WsStream } from './ws-stream.ts';

export interface WsOptions {
  readonly frameBytesMax: number;
  /** A peer that has not answered a ping when the next is due is gone, ms. */
  readonly pingEveryMs: number;
  /** Time a peer has to answer a close, ms. */
  readonly closeTimeoutMs: number;
  /** Time a peer has to send the head of a request, ms. */
  readonly headersTimeoutMs: number;
  /** Connections without a whole request; of more, the oldest is closed. */
  readonly handshakesMax: number;
  /** With one, HTTPS and WSS are spoken instead. */
  readonly certificate?: Certificate | undefined;
}

/** HTTP and WebSocket on one port, over Node's own server and `ws`. */
export class WsTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #sockets: WebSocketServer;
  readonly #server: Server;
  readonly #stopPings: () => void;
  readonly #streams = new Set<WsStream>();
  #closing: Promise<void> | undefined;

  constructor(handler: TransportHandler, options: WsOptions) {
    this.#handler = handler;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.frameBytesMax,
      perMessageDeflate: false,
      // Its published types do not know this one yet.
      ...{ closeTimeout: options.closeTimeoutMs },
      handleProtocols: (_offered, request) => chosen.get(request) ?? false,
    });
    this.#server = serverOf(options);
    // The system may fail an accept for reasons of its own; without a listener that would end the process.
    this.#server.on('error', () => {});
    limitHandshakes(this.#server, options.handshakesMax);
    this.#server.on('request', (request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#stopPings = startHeartbeat(() => this.#ping(), options.pingEveryMs);
  }

  listen(host: string, port: number): Promise<number> {
    return listen(this.#server, host, port);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#stopPings();
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      for (const socket of this.#sockets.clients) socket.close(1012, 'restarting');
      for (const stream of this.#streams) stream.close();
      // A peer that does not say goodbye in time is cut off.
      setTimeout(() => {
        for (const socket of this.#sockets.clients) socket.terminate();
        this.#server.closeAllConnections();
      }, 1_000).unref();
    });
    return this.#closing;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const upgrade = await this.#handler.upgrade(openRequest(request));
    if (socket.destroyed) return;
    if (upgrade.kind === 'refuse') {
      void refuse(socket, upgrade.response);
      return;
    }
    if (upgrade.subprotocol !== undefined) chosen.set(request, upgrade.subprotocol);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new WsConnection(webSocket);
      serve(webSocket, upgrade.open(connection));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const following = request.method === 'GET' ? this.#handler.follow?.(openRequest(request)) : undefined;
    if (following !== undefined) return this.#follow(response, await following);
    try {
      const gone = new AbortController();
      response.once('close', () => {
        if (!response.writableFinished) gone.abort();
      });
      await write(
        response,
        await this.#handler.fetch(fetchRequest(request, gone.signal), request.socket.remoteAddress ?? ''),
      );
    } catch {
      // A client that went away while it was answered; there is nobody left to tell.
      response.destroy();
    }
  }

  async #follow(response: ServerResponse, following: Following): Promise<void> {
    if (response.destroyed) return;
    if (following.kind === 'refuse') return write(response, following.response).catch(() => void response.destroy());
    const stream = follow(response, following);
    this.#streams.add(stream);
    response.once('close', () => this.#streams.delete(stream));
    if (this.#closing !== undefined) stream.close();
  }

  #ping(): void {
    for (const socket of this.#sockets.clients) {
      // A paused socket hears no pong; it is not to blame for that.
      if (socket.isPaused) continue;
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.ping();
    }
  }
}

async function write(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else await pipeline(Readable.fromWeb(answer.body as never), response);
}

function serverOf({ certificate, headersTimeoutMs }: WsOptions): Server {
  const limits = {
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    requestTimeout: 300_000,
    maxHeaderSize: 16_384,
  };
  if (certificate === undefined) return createServer(limits);
  const { cert, key } = certificate;
  return createSecureServer({ ...limits, cert, key, handshakeTimeout: limits.headersTimeout, minVersion: 'TLSv1.2' });
}

/** Who opens connections and asks nothing shall not keep others out: the one that dawdles longest has to go. */
function limitHandshakes(server: Server, most: number): void {
  // By address and port, for TLS wraps the socket in another one.
  const dawdling = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    dawdling.set(name, socket);
    socket.once('close', () => dawdling.delete(name));
    if (dawdling.size <= most) return;
    for (const [oldest, dawdler] of dawdling) {
      dawdling.delete(oldest);
      dawdler.destroy();
      return;
    }
  });
  server.on('upgrade', ({ socket }) => dawdling.delete(nameOf(socket)));
  server.on('request', ({ socket }, response) => {
    const name = nameOf(socket);
    const connection = dawdling.get(name);
    dawdling.delete(name);
    // Kept alive, it may ask again, or dawdle.
    response.once('finish', () => {
      if (connection !== undefined && !connection.destroyed) dawdling.set(name, connection);
    });
  });
}

/** The subprotocol the gateway chose for a request that is being upgraded. */
const chosen = new WeakMap<IncomingMessage, string>();
/** Peers that have not been heard of since the last ping. */
const silent = new WeakSet<WebSocket>();

function serve(socket: WebSocket, handler: ConnectionHandler): void {
  socket.on('message', (data: Buffer, isBinary) => {
    silent.delete(socket);
    // `ws` hands out slices of its own buffer; the handler keeps what it gets.
    handler.message(isBinary ? new Uint8Array(data) : data.toString('utf8'));
  });
  const pings = new Allowance(LIMITS.pingsPerSecondMax, LIMITS.pingsPerSecondMax * 5);
  socket.on('ping', () => {
    silent.delete(socket);
    if (pings.spend(1, performance.now()) > 0) socket.close(FAULTS['frame.rate'].close, 'frame.rate');
  });
  socket.on('pong', () => silent.delete(socket));
  socket.once('close', (status) => handler.close(status));
  // 'close' always follows 'error'; the session needs to hear of the end once.
  socket.on('error', () => {});
}

class WsConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: string | Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame);
  }

  pause(): void {
    this.#socket.pause();
    // A paused socket hears no pong; it is not to blame for that.
    silent.delete(this.#socket);
  }

  resume(): void {
    this.#socket.resume();
  }

  close(status: number, reason: string): void {
    this.#socket.resume();
    this.#socket.close(status, reason.slice(0, 120));
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function openRequest(request: IncomingMessage): OpenRequest {
  const headers = headersOf(request);
  const subprotocols = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return { url: request.url ?? '/', headers, subprotocols, remoteAddress: request.socket.remoteAddress ?? '' };
}

function fetchRequest(request: IncomingMessage, signal: AbortSignal): Request {
  const method = request.method ?? 'GET';
  // A body that is not read to its end must not take the connection, and the answer, with it.
  const body =
    method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(request.pipe(new PassThrough())) as never);
  // Only the path counts; the host header is the gateway's to judge.
  const url = new URL(request.url?.startsWith('/') ? request.url : '/', 'http://localhost');
  return new Request(url, {
    method,
    headers: headersOf(request),
    body,
    signal,
    ...(body === null ? {} : { duplex: 'half' }),
  } as RequestInit);
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(
    `HTTP/1.1 ${response.status} ${response.statusText || 'Refused'}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
