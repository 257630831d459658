import type { Clock } from '../ports/clock.ts';

/** The machine's monotonic clock. Its timers keep this process alive: a restart that is planned must take place. */
export const timerClock: Clock = {
  nowMs: () => performance.now(),
  setTimer: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
