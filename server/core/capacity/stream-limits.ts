import { computeQuantile } from './final-delays.ts';

/** Delays up to which streams count as carried, ms. */
export interface StreamLimits {
  /** From the end of speech to its last final (TTFS), 95th percentile. */
  readonly finalMs: number;
  /** From the end of a word to the moment it is stable, mean. Finals stay quick when live text no longer is. */
  readonly wordMs: number;
}

const LIMITS: StreamLimits = { finalMs: 2_000, wordMs: 2_000 };
/** Those who choose a `tiny` model want it short. */
const TINY_LIMITS: StreamLimits = { finalMs: 1_000, wordMs: 1_500 };

export const getStreamLimits = (model: string): StreamLimits => (model.startsWith('tiny') ? TINY_LIMITS : LIMITS);

/** Whether all streams had their text in time. Without a single final nothing was understood in time. */
export function areStreamsCarried(
  finalDelaysMs: readonly number[],
  wordDelaysMs: readonly number[],
  { finalMs, wordMs }: StreamLimits,
): boolean {
  const meanMs = wordDelaysMs.reduce((sum, delayMs) => sum + delayMs, 0) / wordDelaysMs.length;
  // NaN is not carried.
  return computeQuantile(finalDelaysMs, 0.95) <= finalMs && meanMs <= wordMs;
}
