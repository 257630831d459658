/** What a long silence asks for. */
export type SilenceAction =
  | { readonly state: 'lively' }
  /** Nobody has spoken for long; recording will end in `leftMs`. */
  | { readonly state: 'warned'; readonly leftMs: number }
  | { readonly state: 'over' };

/** The meeting is told so long before it is ended, ms. */
export const SILENCE_WARNING_MS = 60_000;
/** Shorter than this the warning itself would be half the time, ms. */
const LEAST_MS = 2 * SILENCE_WARNING_MS;

/**
 * Ends a meeting that everybody has left. Only words count: a fan or music are no reason to go on. Reads no clock:
 * times are given.
 */
export class SilenceTimeout {
  readonly #limitMs: number;
  #heardAtMs: number;

  /** @param limitMs silence after which the meeting is over; 0 is never. */
  constructor(limitMs: number, nowMs: number) {
    this.#limitMs = limitMs === 0 ? Number.POSITIVE_INFINITY : Math.max(LEAST_MS, limitMs);
    this.#heardAtMs = nowMs;
  }

  /** Words came, or somebody pressed a key to go on. */
  heard(nowMs: number): void {
    this.#heardAtMs = Math.max(this.#heardAtMs, nowMs);
  }

  look(nowMs: number): SilenceAction {
    const leftMs = this.#heardAtMs + this.#limitMs - nowMs;
    if (leftMs <= 0) return { state: 'over' };
    return leftMs <= SILENCE_WARNING_MS ? { state: 'warned', leftMs } : { state: 'lively' };
  }
}
