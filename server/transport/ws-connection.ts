import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { FAULTS, LIMITS } from '../../protocol/index.ts';
import { TokenBucket } from '../core/schedule/token-bucket.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, UpgradeDecision } from '../ports/transport.ts';
import { Backpressure } from './backpressure.ts';
import { ConnectionGuard } from './guard.ts';
import { FrameTurns } from './ws-turns.ts';

/** A WebSocket of `ws`. */
export class WsConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #guard: ConnectionGuard;
  readonly #backpressure = new Backpressure();
  readonly #pings = new TokenBucket(LIMITS.pingsPerSecondMax, LIMITS.pingsPerSecondMax * 5);
  /** The peer has sent nothing since the last ping. */
  #isSilent = false;

  /** `stream` is what `socket` reads and writes. */
  constructor(socket: WebSocket, stream: Duplex, reportBug: ReportBug) {
    this.#socket = socket;
    this.#stream = stream;
    this.#guard = ConnectionGuard.forConnection(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Opens the handler; `onEnd` is called when the connection has ended. */
  serve(upgrade: Extract<UpgradeDecision, { kind: 'accept' }>, onEnd: () => void): void {
    const guard = this.#guard;
    const turns = new FrameTurns(this.#socket);
    this.#socket.on('message', (data: Buffer, isBinary) => {
      turns.count();
      this.#isSilent = false;
      // `ws` hands out slices of its own buffer, but the handler owns what it gets.
      guard.message(isBinary ? new Uint8Array(data) : data.toString('utf8'));
    });
    this.#socket.on('ping', () => {
      turns.count();
      guard.run(() => this.#onPing());
    });
    this.#socket.on('pong', () => {
      turns.count();
      this.#isSilent = false;
    });
    // 'close' always follows 'error'; the session must learn of the end only once.
    this.#socket.on('error', () => {});
    this.#socket.once('close', (status) => {
      onEnd();
      guard.close(status);
    });
    guard.open(() => upgrade.open(this));
  }

  /** Pings the peer; one that has sent nothing since the last ping is cut off. */
  sendPing(): void {
    this.#guard.run(() => {
      // A paused socket receives no pong, which is not its peer's fault.
      if (this.#socket.isPaused) return;
      if (this.#isSilent) return this.#socket.terminate();
      this.#isSilent = true;
      this.#socket.ping();
    });
  }

  send(frame: string | Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame, this.#onWritten);
    this.#backpressure.update(this.queuedBytes);
  }

  pause(): void {
    this.#socket.pause();
    // A paused socket receives no pong, which is not its peer's fault.
    this.#isSilent = false;
  }

  resume(): void {
    this.#socket.resume();
  }

  close(status: number, reason: string): void {
    this.#socket.resume();
    this.#socket.close(status, reason.slice(0, 120));
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }

  /**
   * A frame has been handed to the kernel, or never will be: Node also reports success when a stream is destroyed. The
   * stream's 'drain' event would not do, because its high-water mark differs between kinds of sockets and versions of
   * Node.
   */
  readonly #onWritten = (): void => {
    if (this.#socket.readyState !== this.#socket.OPEN || !this.#stream.writable) return;
    if (this.#backpressure.hasDrained(this.queuedBytes)) this.#guard.drained();
  };

  #onPing(): void {
    this.#isSilent = false;
    if (this.#pings.spend(1, performance.now()) > 0) this.close(FAULTS['frame.rate'].close, 'frame.rate');
  }
}
