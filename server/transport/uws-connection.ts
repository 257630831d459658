import { randomUUID } from 'node:crypto';
import { FAULTS, LIMITS } from '../../protocol/index.ts';
import { TokenBucket } from '../core/schedule/token-bucket.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, UpgradeDecision } from '../ports/transport.ts';
import { Backpressure } from './backpressure.ts';
import { ConnectionGuard, guardCallback } from './guard.ts';
import type { WebSocket } from './uws-library.ts';

export interface UwsConnectionOptions {
  readonly frameBytesMax: number;
  /** Time a peer has to answer a close, ms. */
  readonly closeTimeoutMs: number;
}

/** The data the library stores for a WebSocket. */
export interface SocketData {
  readonly accepted: Extract<UpgradeDecision, { kind: 'accept' }>;
  connection?: UwsConnection;
}

/** Cost of a held frame besides its bytes. */
const HELD_FRAME_BYTES = 256;
/** Frames given to the handler per turn of the event loop: the library reads up to 75,000 of the smallest at once. */
const TURN_FRAMES = 16;

/** Pongs a peer may send between two pings; one that sends more is cut off, because each is a call from the library. */
const PONGS_MAX = 1_000;

/** A WebSocket of uWebSockets.js. */
export class UwsConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: WebSocket<SocketData>;
  readonly #options: UwsConnectionOptions;
  readonly #reportBug: ReportBug;
  readonly #guard: ConnectionGuard;
  readonly #backpressure = new Backpressure();
  readonly #pings = new TokenBucket(LIMITS.pingsPerSecondMax, LIMITS.pingsPerSecondMax * 5);
  /** After `closing` nothing is sent or received; after `ended` the library's socket must not be touched. */
  #state: 'open' | 'closing' | 'ended' = 'open';
  #status = 1006;
  #isPaused = false;
  #isDelivering = false;
  /** Frames given to the handler in this turn. */
  #turnFrames = 0;
  /** Frames not yet given to the handler, from `#next` on: the library cannot stop reading a WebSocket. */
  #held: (string | Uint8Array)[] = [];
  #next = 0;
  #heldBytes = 0;
  #isSilent = false;
  #pongs = 0;

  constructor(socket: WebSocket<SocketData>, options: UwsConnectionOptions, reportBug: ReportBug) {
    this.#socket = socket;
    this.#options = options;
    this.#reportBug = reportBug;
    this.#guard = ConnectionGuard.forConnection(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#state === 'ended' ? 0 : this.#socket.getBufferedAmount();
  }

  serve(upgrade: SocketData['accepted']): void {
    this.#guard.open(() => upgrade.open(this));
  }

  send(frame: string | Uint8Array): void {
    if (this.#state !== 'open') return;
    // The library drops what it cannot hold; a gap in the events would be worse than a disconnect.
    if (this.#socket.send(frame, typeof frame !== 'string') === 2)
      this.close(FAULTS['client.slow'].close, 'client.slow');
    else this.#backpressure.update(this.queuedBytes);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliverLater();
  }

  close(status: number, reason: string): void {
    if (this.#state === 'ended' && this.#held.length > 0) {
      // The peer has left while its frames were waiting.
      this.#dropHeld();
      this.#deliverLater();
    }
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#isPaused = false;
    // `end` calls the close handler before it returns, perhaps in the middle of one of the handler's own calls.
    const end = (): void => {
      if (this.#state !== 'ended') this.#socket.end(status, reason.slice(0, 120));
    };
    const cutOff = (): void => {
      if (this.#state !== 'ended') this.#socket.close();
    };
    setImmediate(guardCallback(this.#reportBug, end));
    setTimeout(guardCallback(this.#reportBug, cutOff), this.#options.closeTimeoutMs).unref();
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }

  /** The library's buffer is only valid during this call. */
  onMessage(message: ArrayBuffer, isBinary: boolean): void {
    this.#guard.run(() => this.#onMessage(message, isBinary));
  }

  #onMessage(message: ArrayBuffer, isBinary: boolean): void {
    this.#isSilent = false;
    if (this.#state !== 'open') return;
    if (message.byteLength > this.#options.frameBytesMax) return this.close(1009, 'frame.size');
    const frame = isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString('utf8');
    if (!this.#isPaused && this.#held.length === 0 && this.#turnFrames < TURN_FRAMES) {
      if (this.#turnFrames++ === 0) this.#deliverLater();
      return this.#guard.message(frame);
    }
    this.#held.push(frame);
    this.#heldBytes += message.byteLength + HELD_FRAME_BYTES;
    if (this.#heldBytes > LIMITS.heldBytesMax) this.close(FAULTS['audio.backlog'].close, 'audio.backlog');
  }

  /** The library has written some of what it held. */
  onDrain(): void {
    if (this.#state === 'open' && this.#backpressure.hasDrained(this.queuedBytes)) this.#guard.drained();
  }

  onPing(): void {
    this.#guard.run(() => {
      this.#isSilent = false;
      if (this.#pings.spend(1, performance.now()) > 0) this.close(FAULTS['frame.rate'].close, 'frame.rate');
    });
  }

  onPong(): void {
    this.#isSilent = false;
    if (++this.#pongs > PONGS_MAX) this.#guard.run(() => this.#socket.close());
  }

  sendPing(): void {
    this.#guard.run(() => {
      if (this.#isSilent) return this.#socket.close();
      this.#isSilent = true;
      this.#pongs = 0;
      this.#socket.ping();
    });
  }

  onClose(status: number): void {
    const isPeerClose = this.#state === 'open';
    this.#state = 'ended';
    this.#status = status;
    if (!isPeerClose) this.#dropHeld();
    // Frames sent before the peer left are delivered before its close, as they would be from a stream.
    if (this.#held.length > 0) this.#deliverLater();
    else setImmediate(() => this.#guard.close(this.#status));
  }

  #deliverLater(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    setImmediate(() => {
      this.#isDelivering = false;
      this.#turnFrames = 0;
      const end = this.#next + TURN_FRAMES;
      while (!this.#isPaused && this.#next < Math.min(end, this.#held.length)) {
        const frame = this.#held[this.#next++]!;
        this.#heldBytes -= frame.length + HELD_FRAME_BYTES;
        this.#guard.message(frame);
      }
      if (this.#next === this.#held.length) this.#dropHeld();
      else if (!this.#isPaused) this.#deliverLater();
      if (this.#state === 'ended' && this.#held.length === 0) this.#guard.close(this.#status);
    });
  }

  #dropHeld(): void {
    this.#held = [];
    this.#next = 0;
    this.#heldBytes = 0;
  }
}
