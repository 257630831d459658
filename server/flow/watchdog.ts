import { Fault, LIMITS } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';

/** Ends sessions that were never started, fell silent, or went on too long. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #bite: (fault: Fault) => void;
  #idle: Disposable | undefined;
  #open: Disposable | undefined;
  #long: Disposable | undefined;

  constructor(clock: Clock, bite: (fault: Fault) => void) {
    this.#clock = clock;
    this.#bite = bite;
    const seconds = LIMITS.openTimeoutMs / 1000;
    this.#open = clock.after(LIMITS.openTimeoutMs, () => bite(new Fault('session.unopened', { seconds })));
  }

  started(): void {
    this.#open?.[Symbol.dispose]();
    const minutes = LIMITS.sessionMinutesMax;
    this.#long = this.#clock.after(minutes * 60_000, () => this.#bite(new Fault('session.long', { minutes })));
    this.heard();
  }

  /** A frame came. */
  heard(): void {
    if (this.#long === undefined) return;
    this.#idle?.[Symbol.dispose]();
    const seconds = LIMITS.idleTimeoutMs / 1000;
    this.#idle = this.#clock.after(LIMITS.idleTimeoutMs, () => this.#bite(new Fault('session.idle', { seconds })));
  }

  /** The server itself does not read, or the client has finished: silence is not the client's fault. */
  sleep(): void {
    this.#idle?.[Symbol.dispose]();
  }

  close(): void {
    for (const timer of [this.#open, this.#idle, this.#long]) timer?.[Symbol.dispose]();
  }
}
