import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, Transport, TransportHandler, UpgradeDecision } from '../ports/transport.ts';
import { Backpressure } from './backpressure.ts';
import { ConnectionGuard, guardCallback } from './guard.ts';
import { listenOn } from './listen.ts';

export interface TcpOptions {
  /** The path reported to the gateway, because the protocol of this port has none. */
  readonly path: string;
  /** Addresses that may connect; empty allows all. */
  readonly allowedAddresses: readonly string[];
}

/** Maximum number of connections of any kind; more are cut off. Sessions have a lower limit of their own. */
const CONNECTIONS_MAX = 1_024;
/** Bytes given to the handler per turn of the event loop: one read of a socket may hold thousands of empty lines. */
const TURN_BYTES = 4_096;
/** Bytes of replies waiting for the peer beyond which none of its requests are processed. */
const QUEUED_BYTES_MAX = 262_144;
/** How long a peer may take to close after us, ms. */
const LINGER_MS = 2_000;
const KEEPALIVE_MS = 30_000;

/**
 * Plain TCP, for protocols that frame themselves: a frame is whatever bytes arrived together. A close has no status.
 */
export class TcpTransport implements Transport {
  readonly #handler: TransportHandler;
  readonly #options: TcpOptions;
  readonly #reportBug: ReportBug;
  readonly #server: Server;
  readonly #connections = new Set<TcpConnection>();
  #closing: Promise<void> | undefined;

  constructor(handler: TransportHandler, options: TcpOptions, reportBug: ReportBug) {
    this.#handler = handler;
    this.#options = options;
    this.#reportBug = reportBug;
    // A peer that has sent its last bytes may still get replies: they are processed in later turns.
    this.#server = createServer({
      ...{ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
    // Accepting may fail for reasons of the system; without a listener that would end the process.
    this.#server.on('error', () => {});
    this.#server.on('connection', (socket) => {
      const guard = new ConnectionGuard(reportBug, () => socket.destroy());
      guard.run(() => this.#accept(socket));
    });
  }

  listen(host: string, port: number): Promise<number> {
    return listenOn(this.#server, host, port);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const connection of this.#connections) connection.close();
    });
    return this.#closing;
  }

  async #accept(socket: Socket): Promise<void> {
    // 'close' always follows 'error'.
    socket.on('error', () => {});
    const address = stripMappedPrefix(socket.remoteAddress ?? '');
    const { allowedAddresses, path } = this.#options;
    if (allowedAddresses.length > 0 && !allowedAddresses.includes(address)) {
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
    this.#connections.add(connection);
    connection.serve(upgrade, () => this.#connections.delete(connection));
  }
}

class TcpConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: Socket;
  readonly #reportBug: ReportBug;
  readonly #guard: ConnectionGuard;
  readonly #backpressure = new Backpressure();
  #state: 'open' | 'closing' = 'open';
  /** Received bytes that have not been passed to the handler yet. */
  #received: Uint8Array[] = [];
  #isPaused = false;
  #isScheduled = false;
  /** The peer will send nothing more. */
  #hasPeerEnded = false;
  /** Set when the socket has ended. */
  #status: number | undefined;

  constructor(socket: Socket, reportBug: ReportBug) {
    this.#socket = socket;
    this.#reportBug = reportBug;
    this.#guard = ConnectionGuard.forConnection(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Opens the handler; `onEnd` is called when the connection has ended. */
  serve(upgrade: Extract<UpgradeDecision, { kind: 'accept' }>, onEnd: () => void): void {
    this.#socket.on('data', (bytes) => {
      if (this.#state !== 'open') return;
      this.#received.push(bytes as Buffer);
      this.#schedule();
    });
    this.#socket.once('end', () => {
      this.#hasPeerEnded = true;
      this.#schedule();
    });
    this.#socket.on('drain', () => this.#schedule());
    this.#socket.once('close', (failed) => {
      onEnd();
      this.#status = failed ? 1006 : 1000;
      this.#schedule();
    });
    this.#socket.resume();
    this.#guard.open(() => upgrade.open(this));
  }

  send(frame: string | Uint8Array): void {
    if (this.#state !== 'open' || !this.#socket.writable) return;
    this.#socket.write(frame, this.#onWritten);
    this.#backpressure.update(this.queuedBytes);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  close(): void {
    if (this.#state === 'closing') return;
    this.#state = 'closing';
    this.#isPaused = false;
    this.#received = [];
    // The peer may have left while its bytes were waiting.
    if (this.#status !== undefined) return this.#schedule();
    this.#socket.end();
    // Data still in flight must not keep the peer's end of stream from being read.
    this.#socket.resume();
    setTimeout(
      guardCallback(this.#reportBug, () => this.#socket.destroy()),
      LINGER_MS,
    ).unref();
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }

  /** A frame has been handed to the kernel, or never will be: Node also reports success when a socket is destroyed. */
  readonly #onWritten = (): void => {
    if (this.#state !== 'open' || !this.#socket.writable) return;
    if (this.#backpressure.hasDrained(this.queuedBytes)) this.#guard.drained();
  };

  /** Schedules delivery in a later turn of the event loop. Until then the socket is not read. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#received.length > 0) {
      const isPeerSlow = this.#status === undefined && this.#socket.writableLength > QUEUED_BYTES_MAX;
      if (this.#isPaused || isPeerSlow) return;
      this.#guard.message(this.#takePiece());
    }
    if (this.#received.length > 0) this.#schedule();
    else if (this.#status !== undefined) this.#guard.close(this.#status);
    else if (this.#hasPeerEnded) this.#socket.end();
    else if (!this.#isPaused) this.#socket.resume();
  }

  #takePiece(): Uint8Array {
    const first = this.#received[0]!;
    if (first.length > TURN_BYTES) this.#received[0] = first.subarray(TURN_BYTES);
    else this.#received.shift();
    return first.subarray(0, TURN_BYTES);
  }
}

/** Strips the IPv6 prefix of a mapped IPv4 address. */
function stripMappedPrefix(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
