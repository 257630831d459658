import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import type { ReportBug } from '../ports/bug.ts';
import type { OpenRequest, StreamDecision, Transport, TransportHandler } from '../ports/transport.ts';
import type { Certificate } from './certificate.ts';
import { cutOffConnection } from './cut-off-connection.ts';
import { buildBadRequestResponse, buildBugResponse, ConnectionGuard, guardCallback } from './guard.ts';
import { startHeartbeat } from './heartbeat.ts';
import { listenOn } from './listen.ts';
import { RequestBody } from './ws-body.ts';
import { WsConnection } from './ws-connection.ts';
import { WsStream } from './ws-stream.ts';

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

/**
 * Bytes of a body that wait for their reader before the socket is not read on. Less than one read of a socket brings (64
 * KiB), even if each byte is a chunk of its own (six bytes on the wire): so there is one read in a turn of the event loop.
 */
const READ_AHEAD_BYTES = 8_192;

/** Fragments of one frame; a peer that sends more of them is cut off. */
const FRAGMENTS_MAX = 1_024;
/** Requests that one socket has sent without waiting for their answers; of more, the socket is closed. No browser does that. */
const PIPELINED_MAX = 16;

/** HTTP and WebSocket on one port, over Node's own server and `ws`. */
export class WsTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #reportBug: ReportBug;
  readonly #sockets: WebSocketServer;
  readonly #server: Server;
  readonly #stopPings: () => void;
  readonly #live = new Set<WsConnection>();
  readonly #streams = new Set<WsStream>();
  #closing: Promise<void> | undefined;

  constructor(handler: TransportHandler, options: WsOptions, reportBug: ReportBug) {
    this.#handler = handler;
    this.#reportBug = reportBug;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.frameBytesMax,
      perMessageDeflate: false,
      // `FrameTurns` lets some more frames in: a read of a socket holds ten thousand of the smallest.
      allowSynchronousEvents: false,
      maxFragments: FRAGMENTS_MAX,
      // Its published types do not know this one yet.
      ...{ closeTimeout: options.closeTimeoutMs },
      handleProtocols: (_offered, request) => chosen.get(request) ?? false,
    });
    this.#server = serverOf(options);
    // The system may fail an accept for reasons of its own; without a listener that would end the process.
    this.#server.on('error', () => {});
    const onRequest = limitHandshakes(this.#server, options.handshakesMax, reportBug);
    const isTaken = limitPipelining();
    const take = (request: IncomingMessage, response: ServerResponse): void => {
      if (!isTaken(request, response)) return;
      onRequest(request, response);
      this.#take(request, response);
    };
    this.#server.on('request', take);
    // Node would answer an expectation it does not know by itself, uncounted. HTTP allows to ignore it.
    this.#server.on('checkExpectation', take);
    this.#server.on('upgrade', (request, socket, head) => {
      const guard = new ConnectionGuard(reportBug, () => void refuse(socket, buildBugResponse()));
      guard.run(() => this.#upgrade(request, socket, head));
    });
    this.#stopPings = startHeartbeat(() => {
      for (const connection of this.#live) connection.ping();
    }, options.pingEveryMs);
  }

  listen(host: string, port: number): Promise<number> {
    return listenOn(this.#server, host, port);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#stopPings();
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      for (const connection of this.#live) connection.close(1012, 'restarting');
      for (const stream of this.#streams) stream.close();
      // A peer that does not say goodbye in time is cut off.
      const cutOff = guardCallback(this.#reportBug, () => {
        for (const socket of this.#sockets.clients) socket.terminate();
        this.#server.closeAllConnections();
      });
      setTimeout(cutOff, 1_000).unref();
    });
    return this.#closing;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const upgrade = await this.#handler.handleUpgrade(openRequest(request));
    if (socket.destroyed) return;
    if (upgrade.kind === 'refuse') return refuse(socket, upgrade.response);
    if (upgrade.subprotocol !== undefined) chosen.set(request, upgrade.subprotocol);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new WsConnection(webSocket, this.#reportBug);
      this.#live.add(connection);
      connection.serve(upgrade, () => this.#live.delete(connection));
      if (this.#closing !== undefined) connection.close(1012, 'restarting');
    });
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const guard = new ConnectionGuard(this.#reportBug, () => {
      // Half an answer cannot be taken back; a cut connection is the only honest end of it.
      if (response.headersSent) response.destroy();
      else void write(response, buildBugResponse()).catch(() => response.destroy());
    });
    // 'close' always follows 'error'.
    response.on('error', () => {});
    guard.run(() => {
      const body = new RequestBody(request);
      response.once('finish', () => body.letPass());
      const following = request.method === 'GET' ? this.#handler.handleStream?.(openRequest(request)) : undefined;
      return following === undefined ? this.#answer(request, response, body.stream) : this.#follow(response, following);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, body: ReadableStream): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const asked = fetchRequest(request, body, gone.signal);
    if (asked === undefined) return send(response, buildBadRequestResponse());
    const answer = await this.#handler.handleRequest(asked, request.socket.remoteAddress ?? '');
    await send(response, answer);
  }

  async #follow(response: ServerResponse, coming: Promise<StreamDecision>): Promise<void> {
    const following = await coming;
    if (response.destroyed) return;
    if (following.kind === 'refuse') return send(response, following.response);
    const stream = new WsStream(response, this.#reportBug);
    this.#streams.add(stream);
    stream.serve(following, () => this.#streams.delete(stream));
    if (this.#closing !== undefined) stream.close();
  }
}

async function write(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else await pipeline(Readable.fromWeb(answer.body as never), response);
}

/** Codes of an answer that its reader did not wait for. */
const LEFT: readonly unknown[] = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ABORT_ERR'];

/** Sends an answer. Rejects when the answer itself breaks off, but not when the client leaves. */
async function send(response: ServerResponse, answer: Response): Promise<void> {
  const wasGone = response.destroyed;
  try {
    await write(response, answer);
  } catch (error) {
    response.destroy();
    if (!wasGone && !LEFT.includes((error as NodeJS.ErrnoException).code)) throw error;
  }
}

function serverOf({ certificate, headersTimeoutMs }: WsOptions): Server {
  const limits = {
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    requestTimeout: 300_000,
    maxHeaderSize: 16_384,
    highWaterMark: READ_AHEAD_BYTES,
    // Node would answer these by itself, uncounted; see `fetchRequest`.
    requireHostHeader: false,
  };
  if (certificate === undefined) return createServer(limits);
  const { cert, key } = certificate;
  return createSecureServer({ ...limits, cert, key, handshakeTimeout: limits.headersTimeout, minVersion: 'TLSv1.2' });
}

/**
 * When too many sockets are open without a request, closes the one that has been idle longest. Returns what is to be told of
 * each request.
 */
function limitHandshakes(server: Server, most: number, reportBug: ReportBug) {
  // By address and port, for TLS wraps the socket in another one.
  const dawdling = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  const connected = guardCallback(reportBug, (socket: Socket) => {
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
  const asked = guardCallback(reportBug, ({ socket }: IncomingMessage, response: ServerResponse) => {
    const name = nameOf(socket);
    const connection = dawdling.get(name);
    dawdling.delete(name);
    // Kept alive, it may ask again, or dawdle.
    response.once('finish', () => {
      if (connection !== undefined && !connection.destroyed) dawdling.set(name, connection);
    });
  });
  server.on('connection', connected);
  server.on('upgrade', ({ socket }) => dawdling.delete(nameOf(socket)));
  return asked;
}

/** Returns whether a request is to be answered. One read of a socket may hold thousands that come in a row. */
function limitPipelining(): (request: IncomingMessage, response: ServerResponse) => boolean {
  const unanswered = new WeakMap<Socket, number>();
  return ({ socket }, response) => {
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    if (count > PIPELINED_MAX) {
      cutOffConnection(socket);
      return false;
    }
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    return true;
  };
}

/** The subprotocol the gateway chose for a request that is being upgraded. */
const chosen = new WeakMap<IncomingMessage, string>();

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

/** Undefined when the request has a method, path or header that a handler cannot be given, or lacks a host. */
function fetchRequest(request: IncomingMessage, body: ReadableStream, signal: AbortSignal): Request | undefined {
  const method = request.method ?? 'GET';
  if (request.httpVersion === '1.1' && request.headers.host === undefined) return undefined;
  try {
    // Only the path counts; the host header is the gateway's to judge.
    const url = new URL(request.url?.startsWith('/') ? request.url : '/', 'http://localhost');
    const head = { method, headers: headersOf(request), signal };
    if (method === 'GET' || method === 'HEAD') return new Request(url, head);
    new Request(url, head);
    return new Request(url, { ...head, body, duplex: 'half' } as RequestInit);
  } catch {
    return undefined;
  }
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(
    `HTTP/1.1 ${response.status} ${response.statusText || 'Refused'}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
