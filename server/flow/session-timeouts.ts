import { Fault, LIMITS } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';

/** Ends sessions that fell silent or went on too long. */
export class SessionTimeouts {
  readonly #clock: Clock;
  readonly #bite: (fault: Fault) => void;
  #idle: Disposable | undefined;
  #long: Disposable | undefined;

  constructor(clock: Clock, bite: (fault: Fault) => void) {
    this.#clock = clock;
    this.#bite = bite;
  }

  /** From now on time counts. A `close` ends it, also after a start that has thrown. */
  start(): void {
    const minutes = LIMITS.sessionMinutesMax;
    this.#long = this.#clock.after(minutes * 60_000, () => this.#bite(new Fault('session.long', { minutes })));
    this.heard();
  }

  /** A frame came. */
  heard(): void {
    this.#idle?.[Symbol.dispose]();
    const seconds = LIMITS.idleTimeoutMs / 1000;
    this.#idle = this.#clock.after(LIMITS.idleTimeoutMs, () => this.#bite(new Fault('session.idle', { seconds })));
  }

  /** The server itself does not read, the client has finished or its connection is lost: silence is not its fault. */
  sleep(): void {
    this.#idle?.[Symbol.dispose]();
  }

  close(): void {
    for (const timer of [this.#idle, this.#long]) timer?.[Symbol.dispose]();
  }
}
