/** A final of a session, with the moment it came, ms from the session's first sample. */
export interface TimedFinal {
  readonly fromMs: number;
  readonly toMs: number;
  readonly cameMs: number;
}

/**
 * The last final of each speech, by the ends of all speeches of a channel, ms in order; undefined where none came. A sentence
 * belongs to the speech in which its middle lies, because ends jitter by some hundred ms.
 */
export function findLastFinals<F extends Pick<TimedFinal, 'fromMs' | 'toMs'>>(
  endsMs: readonly number[],
  finals: readonly F[],
): (F | undefined)[] {
  return endsMs.map((endMs, n) => {
    const beforeMs = endsMs[n - 1] ?? Number.NEGATIVE_INFINITY;
    return finals.findLast(({ fromMs, toMs }) => {
      const middleMs = (fromMs + toMs) / 2;
      return middleMs > beforeMs && middleMs <= endMs;
    });
  });
}

/** Delay from the end of each speech to its last final (TTFS), ms. A speech without a final has none: nothing was said. */
export function computeFinalDelays(endsMs: readonly number[], finals: readonly TimedFinal[]): number[] {
  return findLastFinals(endsMs, finals).flatMap((final, n) => (final === undefined ? [] : [final.cameMs - endsMs[n]!]));
}

/** The value that `share` (0-1) of all values do not exceed; NaN for none. */
export function computeQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
