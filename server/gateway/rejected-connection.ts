import { FAULTS, type Fault, LIMITS } from '../../protocol/index.ts';
import { guardClock } from '../flow/guarded-clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rejection, WireFrame } from '../ports/dialect.ts';
import type { Connection, ConnectionHandler } from '../ports/transport.ts';
import type { AcceptedUpgrade } from './route-table.ts';

/** Maximum number of rejected connections of one kind that are open. Further clients are refused before the upgrade. */
const REJECTIONS_MAX = 64;
/** Ignores what a client sends that is already being turned away. */
export const IGNORE_FRAMES: ConnectionHandler = { message: () => {}, drained: () => {}, close: () => {} };

/** Accepts connections only to reject them in their protocol: some clients cannot read why an upgrade was refused. */
export class Rejections {
  readonly #clock: Clock;
  readonly #open = new Set<RejectedConnection>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Accepts an upgrade to send `rejection` over it. Undefined when there is none, or too many rejected connections are open. */
  accept(fault: Fault, subprotocol: string | undefined, rejection: Rejection | undefined): AcceptedUpgrade | undefined {
    if (rejection === undefined || this.#open.size >= REJECTIONS_MAX) return undefined;
    return { kind: 'accept', subprotocol, open: (connection) => this.reject(connection, fault, rejection) };
  }

  /** Sends `rejection` over an open connection; only closes it when there is none, or too many rejected connections are open. */
  reject(connection: Connection, fault: Fault, rejection: Rejection | undefined): ConnectionHandler {
    if (rejection !== undefined && this.#open.size < REJECTIONS_MAX)
      return new RejectedConnection(connection, rejection, this.#clock, this.#open);
    connection.close(FAULTS[fault.code].close, fault.code);
    return IGNORE_FRAMES;
  }
}

/** A connection that was accepted only to send a rejection in its protocol. */
class RejectedConnection implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #rejection: Rejection;
  readonly #open: Set<RejectedConnection>;
  /** Closes the connection when the client does not send what the protocol expects first. */
  readonly #timeout: Disposable;
  #isRejected = false;

  /** Adds itself to `open` until its connection has ended. */
  constructor(connection: Connection, rejection: Rejection, clock: Clock, open: Set<RejectedConnection>) {
    this.#connection = connection;
    this.#rejection = rejection;
    this.#open = open;
    this.#timeout = guardClock(clock, (error) => connection.fail(error)).setTimer(LIMITS.openTimeoutMs, () =>
      connection.close(1008, 'session.unopened'),
    );
    try {
      this.#reject(undefined);
    } catch (error) {
      this.#timeout[Symbol.dispose]();
      throw error;
    }
    open.add(this);
  }

  message(frame: WireFrame): void {
    this.#reject(frame);
  }

  drained(): void {}

  close(): void {
    this.#timeout[Symbol.dispose]();
    this.#open.delete(this);
  }

  #reject(frame: WireFrame | undefined): void {
    if (this.#isRejected) return;
    const last = this.#rejection(frame);
    if (last === undefined) return;
    this.#isRejected = true;
    for (const each of last.frames) this.#connection.send(each);
    this.#connection.close(last.status, last.reason);
  }
}
