/** What somebody may do in a second, and may save up for a while. Time is given, in ms from any start. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #most: number;
  #left: number;
  #atMs: number | undefined;

  /** `burst` may be spent at once after a rest. */
  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / 1_000;
    this.#most = burst;
    this.#left = burst;
  }

  /** Spends, also what is not there; returns how long to rest until the debt is paid, ms, 0 when there is none. */
  spend(count: number, nowMs: number): number {
    const passedMs = Math.max(0, nowMs - (this.#atMs ?? nowMs));
    this.#atMs = nowMs;
    this.#left = Math.min(this.#most, this.#left + passedMs * this.#perMs) - count;
    return this.#left >= 0 ? 0 : Math.ceil(-this.#left / this.#perMs);
  }
}
