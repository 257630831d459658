import { FAULTS, type Fault, LIMITS } from '../../protocol/index.ts';
import { TokenBucket } from '../core/schedule/token-bucket.ts';
import type { Clock } from '../ports/clock.ts';
import type { ActiveSubscription, RoomEvent, RoomSubscriber } from '../ports/room.ts';
import type { Connection, ConnectionHandler } from '../ports/transport.ts';
import type { ViewingRequest } from './viewing-request.ts';

export interface ViewerSetup {
  readonly kind: 'ws' | 'sse';
  readonly asked: Pick<ViewingRequest, 'words'>;
  readonly clock: Clock;
  watch(viewer: RoomSubscriber): ActiveSubscription;
  /** Returns the fault if the viewer may not read a room of `owner`. */
  refusalFor(owner: string): Fault | undefined;
  /** Called when its connection has ended. */
  gone(viewer: Viewer): void;
}

/** Random delay after which a browser reconnects, ms, so that not all do at once. */
const RETRY_MS = { least: 1_000, most: 4_000 };

/** A viewer that reads a room over one connection. What it sends itself is ignored. */
export class Viewer implements ConnectionHandler, RoomSubscriber {
  readonly #connection: Connection;
  readonly #kind: 'ws' | 'sse';
  readonly #words: 'with' | 'without';
  readonly #clock: Clock;
  readonly #watching: ActiveSubscription;
  readonly #messageBucket = new TokenBucket(LIMITS.commandsPerSecondMax, LIMITS.commandsPerSecondMax * 4);
  readonly #onClosed: () => void;
  readonly #refusalFor: (owner: string) => Fault | undefined;
  #cursor = 0;
  #isBroken = false;

  constructor(connection: Connection, { kind, asked, clock, watch, refusalFor, gone }: ViewerSetup) {
    this.#onClosed = () => gone(this);
    this.#refusalFor = refusalFor;
    this.#connection = connection;
    this.#kind = kind;
    this.#words = asked.words;
    this.#clock = clock;
    if (kind === 'sse') {
      const retryMs = Math.round(RETRY_MS.least + (RETRY_MS.most - RETRY_MS.least) * Math.random());
      connection.send(`retry: ${retryMs}\n\n`);
    }
    this.#watching = watch(this);
  }

  queuedBytes(): number {
    return this.#connection.queuedBytes;
  }

  /** Called by the room, so a bug ends only this viewer's connection. */
  send(event: RoomEvent): void {
    if (this.#isBroken) return;
    this.#cursor = Math.max(this.#cursor, event.cursor);
    try {
      this.#connection.send(event.getEncoded(`${this.#kind} ${this.#words}`, () => this.#pack(event)));
    } catch (error) {
      this.#isBroken = true;
      this.#connection.fail(error);
    }
  }

  findRefusal(owner: string): Fault | undefined {
    return this.#refusalFor(owner);
  }

  disconnect(fault: Fault): void {
    const text = toViewerFault(fault, this.#cursor);
    this.#connection.send(this.#kind === 'ws' ? text : `data: ${text}\n\n`);
    this.#connection.close(FAULTS[fault.code].close, fault.code);
  }

  /** Disconnects a viewer that may no longer read. */
  sendAway(fault: Fault): void {
    this.#watching[Symbol.dispose]();
    this.disconnect(fault);
  }

  message(): void {
    if (this.#messageBucket.spend(1, this.#clock.nowMs()) === 0) return;
    this.#watching[Symbol.dispose]();
    this.#connection.close(FAULTS['frame.rate'].close, 'frame.rate');
  }

  drained(): void {
    this.#watching.drained();
  }

  close(): void {
    this.#watching[Symbol.dispose]();
    this.#onClosed();
  }

  #pack(event: RoomEvent): string {
    const json = event.toJson(this.#words);
    if (this.#kind === 'ws') return json;
    return event.body.type === 'alive' ? ': alive\n\n' : `id: ${event.cursor}\ndata: ${json}\n\n`;
  }
}

/** Formats a fault for viewers. */
export function toViewerFault(fault: Fault, cursor: number): string {
  const { code, message: text } = fault;
  return JSON.stringify({ type: 'fault', cursor, code, text, retry: FAULTS[code].retry });
}
