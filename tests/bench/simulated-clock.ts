import type { Clock } from '../../server/ports/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that jumps to the next timer once everything that is due has been done. It stands still during work of the real
 * world, such as a decode whose text is needed, so that the same input gives the same times whatever else the machine does.
 */
export class SimulatedClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();
  readonly #work = new Set<Promise<unknown>>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimer(ms: number, run: () => void): Disposable {
    const timer = { atMs: this.#nowMs + ms, order: ++this.#order, run };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => this.#timers.delete(timer) };
  }

  /** Time stands still until `work` is done. */
  hold<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    const release = (): boolean => this.#work.delete(work);
    work.then(release, release);
    return work;
  }

  /** Runs timers in their order until `isDone`, or until none is left. */
  async run(isDone: () => boolean): Promise<void> {
    for (;;) {
      await this.#settle();
      if (isDone()) return;
      const next = [...this.#timers].sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) return;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
  }

  /** Waits for the work, and for the promises that go on after it. */
  async #settle(): Promise<void> {
    do {
      await Promise.allSettled(this.#work);
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#work.size > 0);
  }
}
