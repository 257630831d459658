/** Longest wait before the first attempt, and before any attempt, ms. */
const FIRST_MS = 100;
const MOST_MS = 5_000;

/**
 * How long to wait before an attempt (counted from 1), ms. The wait doubles with each attempt, with half of it random so that
 * many clients do not reconnect at the same moment. `random` is from 0 to 1.
 */
export function computeBackOffMs(attempt: number, random: number): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  return most / 2 + (most / 2) * random;
}
