/** Longest wait before the first attempt, and before any, ms. */
const FIRST_MS = 100;
const MOST_MS = 5_000;

/** How long to wait before an attempt, counted from 1, ms: doubling, and spread so that many clients do not come at once. */
export function computeBackoffMs(attempt: number, random: number): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  return most / 2 + (most / 2) * random;
}
