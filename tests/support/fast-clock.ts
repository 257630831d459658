import type { Clock } from '../../server/ports/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** The machine's clock, running `speed` times as fast, that can also jump. It knows which timers wait. */
export class FastClock implements Clock {
  readonly #speed: number;
  readonly #timers = new Map<Timer, NodeJS.Timeout>();
  #jumpedMs = 0;

  constructor(speed: number) {
    this.#speed = speed;
  }

  nowMs(): number {
    return performance.now() * this.#speed + this.#jumpedMs;
  }

  get waiting(): number {
    return this.#timers.size;
  }

  setTimer(ms: number, run: () => void): Disposable {
    const timer = { atMs: this.nowMs() + ms, run };
    const handle = setTimeout(() => this.#fire(timer), Math.min(2 ** 31 - 1, Math.max(0, ms / this.#speed))).unref();
    this.#timers.set(timer, handle);
    return { [Symbol.dispose]: () => void this.#forget(timer) };
  }

  /** Lets this much time pass at once: what falls due runs in its order, and others have their turn between two of them. */
  async jump(ms: number): Promise<void> {
    const endMs = this.nowMs() + ms;
    for (;;) {
      let due: Timer | undefined;
      for (const timer of this.#timers.keys())
        if (timer.atMs <= endMs && timer.atMs < (due?.atMs ?? Infinity)) due = timer;
      if (due === undefined) break;
      this.#jumpedMs += Math.max(0, due.atMs - this.nowMs());
      this.#fire(due);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#jumpedMs += Math.max(0, endMs - this.nowMs());
  }

  #fire(timer: Timer): void {
    if (this.#forget(timer)) timer.run();
  }

  #forget(timer: Timer): boolean {
    clearTimeout(this.#timers.get(timer));
    return this.#timers.delete(timer);
  }
}
