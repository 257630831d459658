import { LIMITS } from '../../protocol/index.ts';
import { guardedClock } from '../flow/guarded-clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { Frame, TurnedAway } from '../ports/dialect.ts';
import type { Connection, ConnectionHandler } from '../ports/transport.ts';

/** A connection that was opened only to say why it is closed again, in the words of its protocol. */
export class Farewell implements ConnectionHandler {
  readonly #connection: Connection;
  readonly #turnedAway: TurnedAway;
  readonly #waiting: Set<Farewell>;
  /** One that says nothing is not waited for. */
  readonly #patience: Disposable;
  #said = false;

  /** Is in `waiting` until it is over. */
  constructor(connection: Connection, turnedAway: TurnedAway, clock: Clock, waiting: Set<Farewell>) {
    this.#connection = connection;
    this.#turnedAway = turnedAway;
    this.#waiting = waiting;
    this.#patience = guardedClock(clock, (error) => connection.fail(error)).after(LIMITS.openTimeoutMs, () =>
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

  message(frame: Frame): void {
    this.#ask(frame);
  }

  close(): void {
    this.#patience[Symbol.dispose]();
    this.#waiting.delete(this);
  }

  #ask(frame: Frame | undefined): void {
    if (this.#said) return;
    const last = this.#turnedAway(frame);
    if (last === undefined) return;
    this.#said = true;
    for (const each of last.frames) this.#connection.send(each);
    this.#connection.close(last.status, last.reason);
  }
}
