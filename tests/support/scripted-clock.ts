import type { Clock } from '../../server/ports/clock.ts';

/** A clock that stands still until it is moved; what was to run meanwhile runs, in order. */
export class ScriptedClock implements Clock {
  ms = 0;
  #later: { readonly atMs: number; readonly run: () => void }[] = [];

  nowMs(): number {
    return this.ms;
  }

  setTimer(ms: number, run: () => void): Disposable {
    const timer = { atMs: this.ms + ms, run };
    this.#later.push(timer);
    return {
      [Symbol.dispose]: () => {
        this.#later = this.#later.filter((each) => each !== timer);
      },
    };
  }

  pass(ms: number): void {
    const end = this.ms + ms;
    for (;;) {
      const next = this.#later.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > end) break;
      this.#later = this.#later.filter((each) => each !== next);
      this.ms = Math.max(this.ms, next.atMs);
      next.run();
    }
    this.ms = end;
  }
}
