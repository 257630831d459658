/** More streams than this are not tried. */
export const STREAMS_MAX = 64;
/** Steps after which the search ends with what is known. */
const STEPS_MAX = 14;
const GROWTH = 2;
/** How often a number must fail to count as too many at the end: something else may have taken the machine for a moment. */
const FAILURES_MIN = 2;

export interface StreamCount {
  readonly streams: number;
  /** Whether more streams may be carried than that: the search ended before one more was tried. */
  readonly isLeast: boolean;
}

/**
 * Finds the largest number of streams that a machine carries, by steps that the caller tries: it doubles until a step is
 * not carried, halves the gap, and tries the first number that is too many once more. Ends after fourteen steps at most, and never
 * above 64 streams.
 */
export class StreamSearch {
  readonly #guess: number;
  #carried = 0;
  /** How often each larger number was not carried. */
  readonly #failures = new Map<number, number>();
  #steps = 0;

  /** `guess`: a first estimate of the number; the nearer it is, the fewer steps are needed. */
  constructor(guess: number) {
    this.#guess = Math.max(1, Math.min(STREAMS_MAX, Math.round(guess)));
  }

  /** The number of streams to try next; undefined when the search is over. */
  get next(): number | undefined {
    const failed = this.#failed;
    if (this.#steps >= STEPS_MAX || this.#carried >= STREAMS_MAX) return undefined;
    if (failed - this.#carried > 1) {
      if (this.#carried === 0) return Math.min(this.#guess, Math.max(1, Math.floor(failed / 2)));
      if (failed > STREAMS_MAX) return Math.min(STREAMS_MAX, Math.ceil(this.#carried * GROWTH));
      return Math.floor((this.#carried + failed) / 2);
    }
    return this.#failures.get(failed)! < FAILURES_MIN ? failed : undefined;
  }

  record(streams: number, isCarried: boolean): void {
    this.#steps++;
    if (!isCarried) {
      this.#failures.set(streams, (this.#failures.get(streams) ?? 0) + 1);
      return;
    }
    this.#carried = Math.max(this.#carried, streams);
    for (const failed of this.#failures.keys()) if (failed <= streams) this.#failures.delete(failed);
  }

  /** What is known so far. */
  get result(): StreamCount {
    return { streams: this.#carried, isLeast: this.#failed - this.#carried > 1 || this.#carried >= STREAMS_MAX };
  }

  /** The fewest streams that were not carried. */
  get #failed(): number {
    return Math.min(STREAMS_MAX + 1, ...this.#failures.keys());
  }
}
