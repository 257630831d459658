import type { Clock } from '../ports/clock.ts';

/** The machine's monotonic clock, which is not affected by changes of the wall clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimer: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
