import type { Clock } from '../ports/clock.ts';

/**
 * Wraps a clock for timers that belong to one owner: what a timer throws, or what the promise it returns rejects with,
 * goes to `fail`, which ends the owner and nobody else. What `fail` itself throws, and all bugs once `canFail` says
 * that the owner has ended, go to the wrapped clock, whose owner is the server.
 */
export function guardClock(clock: Clock, fail: (error: unknown) => void, canFail = (): boolean => true): Clock {
  const handleError = (error: unknown): void => {
    if (!canFail()) throw error;
    fail(error);
  };
  return {
    nowMs: () => clock.nowMs(),
    setTimer: (ms, run) =>
      clock.setTimer(ms, () => {
        try {
          const result: unknown = run();
          return result instanceof Promise ? result.catch(handleError) : undefined;
        } catch (error) {
          return handleError(error);
        }
      }),
  };
}

/** Wraps a scheduler such as `setImmediate`, for work that belongs to the whole server: exceptions go to `fail`. */
export function guardScheduler(
  schedule: (run: () => void) => void,
  fail: (error: unknown) => void,
): (run: () => void) => void {
  return (run) =>
    schedule(() => {
      try {
        run();
      } catch (error) {
        fail(error);
      }
    });
}
