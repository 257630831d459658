import type { Clock } from '../ports/clock.ts';

/**
 * The same clock, for timers that belong to one owner: what a timer throws, or the promise it returns rejects with, goes
 * to `fail`, which ends the owner and nobody else. What `fail` itself throws, and all bugs once `canFail` says that the
 * owner has ended, go to the clock underneath, whose owner is the server.
 */
export function guardClock(clock: Clock, fail: (error: unknown) => void, canFail = (): boolean => true): Clock {
  const caught = (error: unknown): void => {
    if (!canFail()) throw error;
    fail(error);
  };
  return {
    nowMs: () => clock.nowMs(),
    after: (ms, run) =>
      clock.after(ms, () => {
        try {
          const result: unknown = run();
          return result instanceof Promise ? result.catch(caught) : undefined;
        } catch (error) {
          return caught(error);
        }
      }),
  };
}

/** A scheduler such as `setImmediate`, for work that belongs to the whole server: what it throws goes to `fail`. */
export function guardScheduler(
  later: (run: () => void) => void,
  fail: (error: unknown) => void,
): (run: () => void) => void {
  return (run) =>
    later(() => {
      try {
        run();
      } catch (error) {
        fail(error);
      }
    });
}
