/** What to do about a long silence. */
export type SilenceAction =
  | { readonly state: 'lively' }
  /** Nobody has spoken for long; the recording ends in `leftMs`. */
  | { readonly state: 'warned'; readonly leftMs: number }
  | { readonly state: 'over' };

/** How long before the end the user is warned, ms. */
export const SILENCE_WARNING_MS = 60_000;
/** Shortest limit, ms: below it, the warning would take more than half of the time. */
const LIMIT_MS_MIN = 2 * SILENCE_WARNING_MS;

/**
 * Detects a meeting that everybody has left. Only words count: the noise of a fan or music does not. Reads no clock: the caller
 * passes the time.
 */
export class SilenceTimeout {
  readonly #limitMs: number;
  #activeMs: number;

  /** @param limitMs silence after which the recording ends, ms; 0 is never. */
  constructor(limitMs: number, nowMs: number) {
    this.#limitMs = limitMs === 0 ? Number.POSITIVE_INFINITY : Math.max(LIMIT_MS_MIN, limitMs);
    this.#activeMs = nowMs;
  }

  /** Words arrived, or the user wants to go on. */
  noteActivity(nowMs: number): void {
    this.#activeMs = Math.max(this.#activeMs, nowMs);
  }

  check(nowMs: number): SilenceAction {
    const leftMs = this.#activeMs + this.#limitMs - nowMs;
    if (leftMs <= 0) return { state: 'over' };
    return leftMs <= SILENCE_WARNING_MS ? { state: 'warned', leftMs } : { state: 'lively' };
  }
}
