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
  /** Interval of pings, ms; a peer that has not answered one when the next is due is gone. */
  readonly pingEveryMs: number;
  /** Time a peer has to answer a close, ms. */
  readonly closeTimeoutMs: number;
  /** Time a peer has to send the head of a request, ms. */
  readonly headersTimeoutMs: number;
  /** Maximum number of connections without a whole request; beyond it, the oldest is closed. */
  readonly handshakesMax: number;
  /** With a certificate, serves HTTPS and WSS instead. */
  readonly certificate?: Certificate | undefined;
}

/**
 * Bytes of a body that may wait for their reader before the socket is no longer read. Less than one read of a socket
 * brings (64 KiB), even if each byte is a chunk of its own (six bytes on the wire): so there is one read per turn of
 * the event loop.
 */
const READ_AHEAD_BYTES = 8_192;

/** Fragments of one frame; a peer that sends more is cut off. */
const FRAGMENTS_MAX = 1_024;
/** Requests one socket may send without waiting for responses; with more, it is closed. No browser does that. */
const PIPELINED_MAX = 16;

/** HTTP and WebSocket on one port, over Node's own server and `ws`. */
export class WsTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #reportBug: ReportBug;
  readonly #sockets: WebSocketServer;
  readonly #server: Server;
  readonly #stopPings: () => void;
  readonly #connections = new Set<WsConnection>();
  readonly #streams = new Set<WsStream>();
  #closing: Promise<void> | undefined;

  constructor(handler: TransportHandler, options: WsOptions, reportBug: ReportBug) {
    this.#handler = handler;
    this.#reportBug = reportBug;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.frameBytesMax,
      perMessageDeflate: false,
      // `FrameTurns` allows some more frames per turn: a read of a socket holds ten thousand of the smallest.
      allowSynchronousEvents: false,
      maxFragments: FRAGMENTS_MAX,
      // Its published types lack this option.
      ...{ closeTimeout: options.closeTimeoutMs },
      handleProtocols: (_offered, request) => chosenSubprotocols.get(request) ?? false,
    });
    this.#server = createHttpServer(options);
    // Accepting may fail for reasons of the system; without a listener that would end the process.
    this.#server.on('error', () => {});
    const trackRequest = limitHandshakes(this.#server, options.handshakesMax, reportBug);
    const mayAnswer = limitPipelining();
    const onRequestOrExpectation = (request: IncomingMessage, response: ServerResponse): void => {
      if (!mayAnswer(request, response)) return;
      trackRequest(request, response);
      this.#onRequest(request, response);
    };
    this.#server.on('request', onRequestOrExpectation);
    // Node would answer an unknown expectation by itself, uncounted. HTTP allows ignoring it.
    this.#server.on('checkExpectation', onRequestOrExpectation);
    this.#server.on('upgrade', (request, socket, head) => {
      const guard = new ConnectionGuard(reportBug, () => void sendRefusal(socket, buildBugResponse()));
      guard.run(() => this.#upgrade(request, socket, head));
    });
    this.#stopPings = startHeartbeat(() => {
      for (const connection of this.#connections) connection.sendPing();
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
      for (const connection of this.#connections) connection.close(1012, 'restarting');
      for (const stream of this.#streams) stream.close();
      // A peer that does not close in time is cut off.
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
    const upgrade = await this.#handler.handleUpgrade(toOpenRequest(request));
    if (socket.destroyed) return;
    if (upgrade.kind === 'refuse') return sendRefusal(socket, upgrade.response);
    if (upgrade.subprotocol !== undefined) chosenSubprotocols.set(request, upgrade.subprotocol);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new WsConnection(webSocket, socket, this.#reportBug);
      this.#connections.add(connection);
      connection.serve(upgrade, () => this.#connections.delete(connection));
      if (this.#closing !== undefined) connection.close(1012, 'restarting');
    });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const guard = new ConnectionGuard(this.#reportBug, () => {
      // Half a response cannot be taken back; a cut connection is its only honest end.
      if (response.headersSent) response.destroy();
      else void writeResponse(response, buildBugResponse()).catch(() => response.destroy());
    });
    // 'close' always follows 'error'.
    response.on('error', () => {});
    guard.run(() => {
      const body = new RequestBody(request);
      response.once('finish', () => body.discard());
      const decision = request.method === 'GET' ? this.#handler.handleStream?.(toOpenRequest(request)) : undefined;
      return decision === undefined
        ? this.#answerRequest(request, response, body.stream)
        : this.#startStream(response, decision);
    });
  }

  async #answerRequest(request: IncomingMessage, response: ServerResponse, body: ReadableStream): Promise<void> {
    const abort = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) abort.abort();
    });
    const asked = toFetchRequest(request, body, abort.signal);
    if (asked === undefined) return sendResponse(response, buildBadRequestResponse());
    const answer = await this.#handler.handleRequest(asked, request.socket.remoteAddress ?? '');
    await sendResponse(response, answer);
  }

  async #startStream(response: ServerResponse, pending: Promise<StreamDecision>): Promise<void> {
    const decision = await pending;
    if (response.destroyed) return;
    if (decision.kind === 'refuse') return sendResponse(response, decision.response);
    const stream = new WsStream(response, this.#reportBug);
    this.#streams.add(stream);
    stream.serve(decision, () => this.#streams.delete(stream));
    if (this.#closing !== undefined) stream.close();
  }
}

async function writeResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else await pipeline(Readable.fromWeb(answer.body as never), response);
}

/** Error codes of a response whose reader left. */
const READER_LEFT_CODES: readonly unknown[] = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ABORT_ERR'];

/** Sends a response. Rejects when the response itself breaks off, but not when the client leaves. */
async function sendResponse(response: ServerResponse, answer: Response): Promise<void> {
  const wasGone = response.destroyed;
  try {
    await writeResponse(response, answer);
  } catch (error) {
    response.destroy();
    if (!wasGone && !READER_LEFT_CODES.includes((error as NodeJS.ErrnoException).code)) throw error;
  }
}

function createHttpServer({ certificate, headersTimeoutMs }: WsOptions): Server {
  const limits = {
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    requestTimeout: 300_000,
    maxHeaderSize: 16_384,
    highWaterMark: READ_AHEAD_BYTES,
    // Node would answer these by itself, uncounted; see `toFetchRequest`.
    requireHostHeader: false,
  };
  if (certificate === undefined) return createServer(limits);
  const { cert, key } = certificate;
  return createSecureServer({ ...limits, cert, key, handshakeTimeout: limits.headersTimeout, minVersion: 'TLSv1.2' });
}

/**
 * When too many sockets are open without a request, closes the one that has been idle longest. Returns the function to
 * call for each request.
 */
function limitHandshakes(server: Server, max: number, reportBug: ReportBug) {
  // By address and port, because TLS wraps the socket in another one.
  const idleSockets = new Map<string, Socket>();
  const formatPeer = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  const onConnection = guardCallback(reportBug, (socket: Socket) => {
    const name = formatPeer(socket);
    idleSockets.set(name, socket);
    socket.once('close', () => idleSockets.delete(name));
    if (idleSockets.size <= max) return;
    for (const [oldest, idleSocket] of idleSockets) {
      idleSockets.delete(oldest);
      idleSocket.destroy();
      return;
    }
  });
  const asked = guardCallback(reportBug, ({ socket }: IncomingMessage, response: ServerResponse) => {
    const name = formatPeer(socket);
    const connection = idleSockets.get(name);
    idleSockets.delete(name);
    // Kept alive, the socket may send another request, or stay idle.
    response.once('finish', () => {
      if (connection !== undefined && !connection.destroyed) idleSockets.set(name, connection);
    });
  });
  server.on('connection', onConnection);
  server.on('upgrade', ({ socket }) => idleSockets.delete(formatPeer(socket)));
  return asked;
}

/**
 * Returns a function that tells whether a request is to be answered. One read of a socket may hold thousands in a row.
 */
function limitPipelining(): (request: IncomingMessage, response: ServerResponse) => boolean {
  const pendingCounts = new WeakMap<Socket, number>();
  return ({ socket }, response) => {
    const count = (pendingCounts.get(socket) ?? 0) + 1;
    pendingCounts.set(socket, count);
    if (count > PIPELINED_MAX) {
      cutOffConnection(socket);
      return false;
    }
    response.once('close', () => pendingCounts.set(socket, (pendingCounts.get(socket) ?? 1) - 1));
    return true;
  };
}

/** The subprotocol the gateway chose for a request that is being upgraded. */
const chosenSubprotocols = new WeakMap<IncomingMessage, string>();

function readHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function toOpenRequest(request: IncomingMessage): OpenRequest {
  const headers = readHeaders(request);
  const subprotocols = (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return { url: request.url ?? '/', headers, subprotocols, remoteAddress: request.socket.remoteAddress ?? '' };
}

/** Undefined when the method, path or a header is one that no handler can be given, or the host is missing. */
function toFetchRequest(request: IncomingMessage, body: ReadableStream, signal: AbortSignal): Request | undefined {
  const method = request.method ?? 'GET';
  if (request.httpVersion === '1.1' && request.headers.host === undefined) return undefined;
  try {
    // Only the path counts; the gateway checks the host header.
    const url = new URL(request.url?.startsWith('/') ? request.url : '/', 'http://localhost');
    const head = { method, headers: readHeaders(request), signal };
    if (method === 'GET' || method === 'HEAD') return new Request(url, head);
    new Request(url, head);
    return new Request(url, { ...head, body, duplex: 'half' } as RequestInit);
  } catch {
    return undefined;
  }
}

async function sendRefusal(socket: Duplex, response: Response): Promise<void> {
  const body = await response.text();
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(
    `HTTP/1.1 ${response.status} ${response.statusText || 'Refused'}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
