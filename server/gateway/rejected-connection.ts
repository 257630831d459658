import { LIMITS } from '../../protocol/index.ts';
import { guardClock } from '../flow/guarded-clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rejection, WireFrame } from '../ports/dialect.ts';
import type { Connection, ConnectionHandler } from '../ports/transport.ts';

/** A connection that was opened only to say why it is closed again, in the words of its protocol. */
export class RejectedConnection implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #turnedAway: Rejection;
  readonly #waiting: Set<RejectedConnection>;
  /** One that says nothing is not waited for. */
  readonly #patience: Disposable;
  #said = false;

  /** Is in `waiting` until it is over. */
  constructor(connection: Connection, turnedAway: Rejection, clock: Clock, waiting: Set<RejectedConnection>) {
    this.#connection = connection;
    this.#turnedAway = turnedAway;
    this.#waiting = waiting;
    this.#patience = guardClock(clock, (error) => connection.fail(error)).setTimer(LIMITS.openTimeoutMs, () =>
      connection.close(1008, 'session.unopened'),
    );
    try {
      this.#ask(undefined);
    } catch (error) {
      this.#patience[Symbol.dispose]();
      throw error;
    }
    waiting.add(this);
  }

  message(frame: WireFrame): void {
    this.#ask(frame);
  }

  close(): void {
    this.#patience[Symbol.dispose]();
    this.#waiting.delete(this);
  }

  #ask(frame: WireFrame | undefined): void {
    if (this.#said) return;
    const last = this.#turnedAway(frame);
    if (last === undefined) return;
    this.#said = true;
    for (const each of last.frames) this.#connection.send(each);
    this.#connection.close(last.status, last.reason);
  }
}
