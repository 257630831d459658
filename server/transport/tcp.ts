import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, Transport, TransportHandler, UpgradeDecision } from '../ports/transport.ts';
import { ConnectionGuard, guardCallback } from './guard.ts';
import { listenOn } from './listen.ts';

export interface TcpOptions {
  /** What the gateway is told for a path: the protocol of this port has none. */
  readonly path: string;
  /** Addresses that may connect; empty is all. */
  readonly allowed: readonly string[];
}

/** Connections at once, of whatever kind; more are cut off. Sessions have a lower limit of their own. */
const CONNECTIONS_MAX = 1_024;
/** Bytes given to the handler in one turn of the event loop: a read of a socket may hold thousands of empty lines. */
const TURN_BYTES = 4_096;
/** Answers that wait for a peer to read them before no more of its questions are heard, bytes. */
const QUEUED_BYTES_MAX = 262_144;
/** How long a peer may take to close after us, ms. */
const LINGER_MS = 2_000;
const KEEPALIVE_MS = 30_000;

/** Plain TCP, for protocols that frame themselves: a frame is whatever bytes came together. A close has no status. */
export class TcpTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #options: TcpOptions;
  readonly #reportBug: ReportBug;
  readonly #server: Server;
  readonly #live = new Set<TcpConnection>();
  #closing: Promise<void> | undefined;

  constructor(handler: TransportHandler, options: TcpOptions, reportBug: ReportBug) {
    this.#handler = handler;
    this.#options = options;
    this.#reportBug = reportBug;
    // A peer that has sent its last may still be answered: what it said is heard in later turns.
    this.#server = createServer({
      ...{ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
    // The system may fail an accept for reasons of its own; without a listener that would end the process.
    this.#server.on('error', () => {});
    this.#server.on('connection', (socket) => {
      const guard = new ConnectionGuard(reportBug, () => socket.destroy());
      guard.run(() => this.#take(socket));
    });
  }

  listen(host: string, port: number): Promise<number> {
    return listenOn(this.#server, host, port);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const connection of this.#live) connection.close();
    });
    return this.#closing;
  }

  async #take(socket: Socket): Promise<void> {
    // 'close' always follows 'error'.
    socket.on('error', () => {});
    const address = plainAddress(socket.remoteAddress ?? '');
    const { allowed, path } = this.#options;
    if (allowed.length > 0 && !allowed.includes(address)) {
      socket.destroy();
      return;
    }
    socket.pause();
    const local = socket.localAddress ?? '';
    const headers = { host: local.includes(':') ? `[${local}]` : local };
    const request = { url: path, headers, subprotocols: [], remoteAddress: address };
    const upgrade = await this.#handler.handleUpgrade(request);
    if (socket.destroyed || upgrade.kind === 'refuse' || this.#closing !== undefined) {
      socket.destroy();
      return;
    }
    const connection = new TcpConnection(socket, this.#reportBug);
    this.#live.add(connection);
    connection.serve(upgrade, () => this.#live.delete(connection));
  }
}

class TcpConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: Socket;
  readonly #reportBug: ReportBug;
  readonly #guard: ConnectionGuard;
  #life: 'open' | 'closing' = 'open';
  /** What has been read and not yet been heard. */
  #received: Uint8Array[] = [];
  #isPaused = false;
  #isPlanned = false;
  /** The peer will send nothing more. */
  #hasLast = false;
  /** Set when the socket has ended. */
  #status: number | undefined;

  constructor(socket: Socket, reportBug: ReportBug) {
    this.#socket = socket;
    this.#reportBug = reportBug;
    this.#guard = ConnectionGuard.of(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Opens the handler; `ended` is called when the connection has ended. */
  serve(upgrade: Extract<UpgradeDecision, { kind: 'accept' }>, ended: () => void): void {
    this.#socket.on('data', (bytes) => {
      if (this.#life !== 'open') return;
      this.#received.push(bytes as Buffer);
      this.#plan();
    });
    this.#socket.once('end', () => {
      this.#hasLast = true;
      this.#plan();
    });
    this.#socket.on('drain', () => this.#plan());
    this.#socket.once('close', (failed) => {
      ended();
      this.#status = failed ? 1006 : 1000;
      this.#plan();
    });
    this.#socket.resume();
    this.#guard.open(() => upgrade.open(this));
  }

  send(frame: string | Uint8Array): void {
    if (this.#life === 'open' && this.#socket.writable) this.#socket.write(frame);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#plan();
  }

  close(): void {
    if (this.#life === 'closing') return;
    this.#life = 'closing';
    this.#isPaused = false;
    this.#received = [];
    // The peer may have left while what it said waited to be heard.
    if (this.#status !== undefined) return this.#plan();
    this.#socket.end();
    // What is still under way must not keep the peer's goodbye from being read.
    this.#socket.resume();
    setTimeout(
      guardCallback(this.#reportBug, () => this.#socket.destroy()),
      LINGER_MS,
    ).unref();
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }

  /** In later turns of the event loop. Until then the socket is not read on. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#isPlanned = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#received.length > 0) {
      const isChoked = this.#status === undefined && this.#socket.writableLength > QUEUED_BYTES_MAX;
      if (this.#isPaused || isChoked) return;
      this.#guard.message(this.#takePiece());
    }
    if (this.#received.length > 0) this.#plan();
    else if (this.#status !== undefined) this.#guard.close(this.#status);
    else if (this.#hasLast) this.#socket.end();
    else if (!this.#isPaused) this.#socket.resume();
  }

  #takePiece(): Uint8Array {
    const first = this.#received[0]!;
    if (first.length > TURN_BYTES) this.#received[0] = first.subarray(TURN_BYTES);
    else this.#received.shift();
    return first.subarray(0, TURN_BYTES);
  }
}

/** An IPv4 address may come in IPv6's clothes. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
