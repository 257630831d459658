import type { EndpointOptions } from './endpoint.ts';

/** How sure it is that speech is over once its endpoint wait has passed, 0-1. */
export const END_CONFIDENCE = 0.7;
/** Silence that ends speech whatever the confidence, where the client names none, ms. */
const GAP_MS = 5_000;

/**
 * How sure it is that speech is over after a silence, 0-1, where `waitMs` is the endpoint wait for how the speech reads and sounds.
 * It is `END_CONFIDENCE` when that wait has passed, and each further wait leaves three tenths of the doubt, so it grows from 0 and
 * never reaches 1.
 */
export function estimateEndConfidence(silenceMs: number, waitMs: number): number {
  return 1 - (1 - END_CONFIDENCE) ** (silenceMs / waitMs);
}

/** The silence after which it is as sure as `confidence` that speech is over, ms: `waitMs` for `END_CONFIDENCE`, infinite for 1. */
export function computeSilence(confidence: number, waitMs: number): number {
  return waitMs * (Math.log(1 - confidence) / Math.log(1 - END_CONFIDENCE));
}

/** The silence that ends speech whose endpoint wait is `waitMs`, ms. */
export function computeEndSilence(
  { confidence = END_CONFIDENCE, gapMs }: Pick<EndpointOptions, 'confidence' | 'gapMs'>,
  waitMs: number,
): number {
  return Math.min(computeSilence(confidence, waitMs), gapMs ?? Math.max(GAP_MS, waitMs));
}
