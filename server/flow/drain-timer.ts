import type { Clock } from '../ports/clock.ts';

/** How often a slow client's outbox is flushed again, ms. */
const DRAIN_INTERVAL_MS = 50;

/** Flushes the outbox of a slow client for as long as bytes wait in its connection. */
export class DrainTimer {
  readonly #clock: Clock;
  readonly #queuedBytes: () => number;
  readonly #flush: () => void;
  #timer: Disposable | undefined;

  /** `flush` must call `schedule` again. */
  constructor(clock: Clock, queuedBytes: () => number, flush: () => void) {
    this.#clock = clock;
    this.#queuedBytes = queuedBytes;
    this.#flush = flush;
  }

  schedule(): void {
    if (this.#queuedBytes() === 0) return;
    this.stop();
    this.#timer = this.#clock.setTimer(DRAIN_INTERVAL_MS, this.#flush);
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }
}
