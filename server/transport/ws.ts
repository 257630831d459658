import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { Fault } from '../../protocol/index.ts';
import type { Connection, ConnectionHandler, OpenRequest, Transport, TransportHandler } from '../ports/transport.ts';
import type { Certificate } from './certificate.ts';

export interface WsOptions {
  readonly frameBytesMax: number;
  /** A peer that answers no ping for two of these is gone, ms. */
  readonly pingEveryMs: number;
  /** With one, HTTPS and WSS are spoken instead. */
  readonly certificate?: Certificate | undefined;
}

/** HTTP and WebSocket on one port, over Node's own server and `ws`. */
export class WsTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #sockets: WebSocketServer;
  readonly #server: Server;
  readonly #pings: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  constructor(handler: TransportHandler, options: WsOptions) {
    this.#handler = handler;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.frameBytesMax,
      perMessageDeflate: false,
      handleProtocols: (_offered, request) => chosen.get(request) ?? false,
    });
    this.#server = serverOf(options);
    this.#server.on('request', (request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    this.#pings = setInterval(() => this.#ping(), options.pingEveryMs);
    this.#pings.unref();
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const problem = error.code === 'EADDRINUSE' ? 'the port is taken' : (error.code ?? error.message);
        reject(new Fault('server.listen', { host, port, problem }, { cause: error }));
      });
      this.#server.listen(port, host, () => resolve((this.#server.address() as { port: number }).port));
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      clearInterval(this.#pings);
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      for (const socket of this.#sockets.clients) socket.close(1012, 'restarting');
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
    try {
      const answer = await this.#handler.fetch(fetchRequest(request), request.socket.remoteAddress ?? '');
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (answer.body === null) response.end();
      else await pipeline(Readable.fromWeb(answer.body as never), response);
    } catch {
      // A client that went away while it was answered; there is nobody left to tell.
      response.destroy();
    }
  }

  #ping(): void {
    for (const socket of this.#sockets.clients) {
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.ping();
    }
  }
}

function serverOf({ certificate }: WsOptions): Server {
  const limits = { headersTimeout: 10_000, requestTimeout: 300_000, maxHeaderSize: 16_384 };
  if (certificate === undefined) return createServer(limits);
  const { cert, key } = certificate;
  return createSecureServer({ ...limits, cert, key, handshakeTimeout: limits.headersTimeout, minVersion: 'TLSv1.2' });
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

function fetchRequest(request: IncomingMessage): Request {
  const method = request.method ?? 'GET';
  const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(request) as never);
  // Only the path counts; the host header is the gateway's to judge.
  const url = new URL(request.url?.startsWith('/') ? request.url : '/', 'http://localhost');
  return new Request(url, {
    method,
    headers: headersOf(request),
    body,
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
