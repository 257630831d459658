import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { FAULTS, LIMITS } from '../../protocol/index.ts';
import { TokenBucket } from '../core/schedule/token-bucket.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, UpgradeDecision } from '../ports/transport.ts';
import { ConnectionGuard } from './guard.ts';
import { FrameTurns } from './ws-turns.ts';

/** One WebSocket of `ws`. */
export class WsConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: WebSocket;
  readonly #guard: ConnectionGuard;
  readonly #pings = new TokenBucket(LIMITS.pingsPerSecondMax, LIMITS.pingsPerSecondMax * 5);
  /** The peer has not been heard of since the last ping. */
  #isSilent = false;

  constructor(socket: WebSocket, reportBug: ReportBug) {
    this.#socket = socket;
    this.#guard = ConnectionGuard.of(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Opens the handler; `ended` is called when the connection has ended. */
  serve(upgrade: Extract<UpgradeDecision, { kind: 'accept' }>, ended: () => void): void {
    const guard = this.#guard;
    const turns = new FrameTurns(this.#socket);
    this.#socket.on('message', (data: Buffer, isBinary) => {
      turns.count();
      this.#isSilent = false;
      // `ws` hands out slices of its own buffer; the handler keeps what it gets.
      guard.message(isBinary ? new Uint8Array(data) : data.toString('utf8'));
    });
    this.#socket.on('ping', () => {
      turns.count();
      guard.run(() => this.#pinged());
    });
    this.#socket.on('pong', () => {
      turns.count();
      this.#isSilent = false;
    });
    // 'close' always follows 'error'; the session needs to hear of the end once.
    this.#socket.on('error', () => {});
    this.#socket.once('close', (status) => {
      ended();
      guard.close(status);
    });
    guard.open(() => upgrade.open(this));
  }

  /** Asks the peer for a sign of life; one that gave none since the last time is cut off. */
  ping(): void {
    this.#guard.run(() => {
      // A paused socket hears no pong; it is not to blame for that.
      if (this.#socket.isPaused) return;
      if (this.#isSilent) return this.#socket.terminate();
      this.#isSilent = true;
      this.#socket.ping();
    });
  }

  send(frame: string | Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(frame);
  }

  pause(): void {
    this.#socket.pause();
    // A paused socket hears no pong; it is not to blame for that.
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

  #pinged(): void {
    this.#isSilent = false;
    if (this.#pings.spend(1, performance.now()) > 0) this.close(FAULTS['frame.rate'].close, 'frame.rate');
  }
}
