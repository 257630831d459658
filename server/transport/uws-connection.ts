import { randomUUID } from 'node:crypto';
import { FAULTS, LIMITS } from '../../protocol/index.ts';
import { TokenBucket } from '../core/schedule/token-bucket.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Connection, UpgradeDecision } from '../ports/transport.ts';
import { ConnectionGuard, guardCallback } from './guard.ts';
import type { WebSocket } from './uws-library.ts';

export interface UwsConnectionOptions {
  readonly frameBytesMax: number;
  /** Time a peer has to answer a close, ms. */
  readonly closeTimeoutMs: number;
}

/** What the library keeps for a WebSocket. */
export interface SocketData {
  readonly accepted: Extract<UpgradeDecision, { kind: 'accept' }>;
  connection?: UwsConnection;
}

/** What a held frame costs besides its bytes. */
const HELD_FRAME_BYTES = 256;
/** Frames given to the handler in one turn of the event loop: the library reads up to 75,000 of the smallest at once. */
const TURN_FRAMES = 16;

/** Pongs of a peer between two pings; one that sends more is cut off, for each is a call from the library. */
const PONGS_MAX = 1_000;

/** One WebSocket of uWebSockets.js. */
export class UwsConnection implements Connection {
  readonly id = randomUUID();
  readonly #socket: WebSocket<SocketData>;
  readonly #options: UwsConnectionOptions;
  readonly #reportBug: ReportBug;
  readonly #guard: ConnectionGuard;
  readonly #pings = new TokenBucket(LIMITS.pingsPerSecondMax, LIMITS.pingsPerSecondMax * 5);
  /** After `closing` nothing more is sent or heard; after `ended` the library's socket must not be touched. */
  #life: 'open' | 'closing' | 'ended' = 'open';
  #status = 1006;
  #paused = false;
  #delivering = false;
  /** Frames that the handler has been given since the turn began. */
  #turnFrames = 0;
  /** What the handler has not been given yet, from `#next` on: the library cannot stop reading a WebSocket. */
  #held: (string | Uint8Array)[] = [];
  #next = 0;
  #heldBytes = 0;
  #silent = false;
  #pongs = 0;

  constructor(socket: WebSocket<SocketData>, options: UwsConnectionOptions, reportBug: ReportBug) {
    this.#socket = socket;
    this.#options = options;
    this.#reportBug = reportBug;
    this.#guard = ConnectionGuard.of(this, reportBug);
  }

  get queuedBytes(): number {
    return this.#life === 'ended' ? 0 : this.#socket.getBufferedAmount();
  }

  serve(upgrade: SocketData['accepted']): void {
    this.#guard.open(() => upgrade.open(this));
  }

  send(frame: string | Uint8Array): void {
    if (this.#life !== 'open') return;
    // The library drops what it cannot hold; a hole in the events would be worse than the end.
    if (this.#socket.send(frame, typeof frame !== 'string') === 2)
      this.close(FAULTS['client.slow'].close, 'client.slow');
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#deliverLater();
  }

  close(status: number, reason: string): void {
    if (this.#life === 'ended' && this.#held.length > 0) {
      // The peer has left while what it said waited to be heard.
      this.#forget();
      this.#deliverLater();
    }
    if (this.#life !== 'open') return;
    this.#life = 'closing';
    this.#paused = false;
    // `end` calls the close handler before it returns, perhaps in the middle of one of the handler's own calls.
    const end = (): void => {
      if (this.#life !== 'ended') this.#socket.end(status, reason.slice(0, 120));
    };
    const cutOff = (): void => {
      if (this.#life !== 'ended') this.#socket.close();
    };
    setImmediate(guardCallback(this.#reportBug, end));
    setTimeout(guardCallback(this.#reportBug, cutOff), this.#options.closeTimeoutMs).unref();
  }

  fail(error: unknown): void {
    this.#guard.fail(error);
  }

  /** The library's buffer is good only during this call. */
  heard(message: ArrayBuffer, isBinary: boolean): void {
    this.#guard.run(() => this.#heard(message, isBinary));
  }

  #heard(message: ArrayBuffer, isBinary: boolean): void {
    this.#silent = false;
    if (this.#life !== 'open') return;
    if (message.byteLength > this.#options.frameBytesMax) return this.close(1009, 'frame.size');
    const frame = isBinary ? new Uint8Array(message.slice(0)) : Buffer.from(message).toString('utf8');
    if (!this.#paused && this.#held.length === 0 && this.#turnFrames < TURN_FRAMES) {
      if (this.#turnFrames++ === 0) this.#deliverLater();
      return this.#guard.message(frame);
    }
    this.#held.push(frame);
    this.#heldBytes += message.byteLength + HELD_FRAME_BYTES;
    if (this.#heldBytes > LIMITS.heldBytesMax) this.close(FAULTS['audio.backlog'].close, 'audio.backlog');
  }

  pinged(): void {
    this.#guard.run(() => {
      this.#silent = false;
      if (this.#pings.spend(1, performance.now()) > 0) this.close(FAULTS['frame.rate'].close, 'frame.rate');
    });
  }

  answered(): void {
    this.#silent = false;
    if (++this.#pongs > PONGS_MAX) this.#guard.run(() => this.#socket.close());
  }

  ping(): void {
    this.#guard.run(() => {
      if (this.#silent) return this.#socket.close();
      this.#silent = true;
      this.#pongs = 0;
      this.#socket.ping();
    });
  }

  ended(status: number): void {
    const byPeer = this.#life === 'open';
    this.#life = 'ended';
    this.#status = status;
    if (!byPeer) this.#forget();
    // What the peer sent before it left is heard before its leaving is, as it would be from a stream.
    if (this.#held.length > 0) this.#deliverLater();
    else setImmediate(() => this.#guard.close(this.#status));
  }

  #deliverLater(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    setImmediate(() => {
      this.#delivering = false;
      this.#turnFrames = 0;
      const most = this.#next + TURN_FRAMES;
      while (!this.#paused && this.#next < Math.min(most, this.#held.length)) {
        const frame = this.#held[this.#next++]!;
        this.#heldBytes -= frame.length + HELD_FRAME_BYTES;
        this.#guard.message(frame);
      }
      if (this.#next === this.#held.length) this.#forget();
      else if (!this.#paused) this.#deliverLater();
      if (this.#life === 'ended' && this.#held.length === 0) this.#guard.close(this.#status);
    });
  }

  #forget(): void {
    this.#held = [];
    this.#next = 0;
    this.#heldBytes = 0;
  }
}
