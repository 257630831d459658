/** How long to wait before a process is started again: not at all, then 0.25 s, and twice as long each time. */
const STEP_MS = 250;
const CAP_MS = 30_000;

/** The one policy of restarts. Reads no clock: it counts failures in a row. */
export class BackOff {
  readonly #capMs: number;
  #failures = 0;

  /** @param capMs Longest wait; default 30 s. */
  constructor(capMs = CAP_MS) {
    this.#capMs = capMs;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts one failure; the wait before the next start, ms. */
  next(): number {
    const failures = this.#failures++;
    return failures === 0 ? 0 : Math.min(this.#capMs, STEP_MS * 2 ** (failures - 1));
  }

  /** The process does its work: the next failure is the first of a new row. */
  reset(): void {
    this.#failures = 0;
  }
}
