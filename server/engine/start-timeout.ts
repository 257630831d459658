/** Time for loading and measuring at the first start, and the longest of all, ms. */
const LONGEST_MS = 120_000;
const RESTART_MS_MIN = 10_000;
/** A later start may take so many times as long as the first took. */
const RESTART_FACTOR = 4;

/** How long a worker may take until it is ready, ms. */
export class StartTimeout {
  #ms = LONGEST_MS;

  get ms(): number {
    return this.#ms;
  }

  /** The first start took `tookMs`. */
  learn(tookMs: number): void {
    this.#ms = Math.min(LONGEST_MS, Math.max(RESTART_MS_MIN, RESTART_FACTOR * tookMs));
  }

  /**
   * A worker was not ready in time. The machine may be slower now than it was at the first start, and if each start were broken off at
   * the same point, none would ever get to its end.
   */
  lengthen(): void {
    this.#ms = Math.min(LONGEST_MS, this.#ms * 2);
  }
}
