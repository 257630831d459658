import type { Clock } from '../ports/clock.ts';

/** The machine's monotonic clock. A wall clock that jumps does not touch it. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimer: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
