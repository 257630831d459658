export interface BackOffOptions {
  /** The first wait that is longer than 0, ms; default 250. Each wait is twice as long as the one before. */
  readonly firstMs?: number | undefined;
  /** Longest wait, ms; default 30 s. */
  readonly longestMs?: number | undefined;
  /** Whether the first failure of a row is followed by a wait; default no: what fails once is tried again at once. */
  readonly waitsAtOnce?: boolean | undefined;
}

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** How long to wait before something that failed is tried again. Reads no clock: it counts failures in a row. */
export class BackOff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #waitsAtOnce: boolean;
  #failures = 0;

  constructor({ firstMs = FIRST_MS, longestMs = LONGEST_MS, waitsAtOnce = false }: BackOffOptions = {}) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#waitsAtOnce = waitsAtOnce;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts one failure. Returns the wait before the next attempt, ms. */
  next(): number {
    const doublings = this.#failures++ - (this.#waitsAtOnce ? 0 : 1);
    return doublings < 0 ? 0 : Math.min(this.#longestMs, this.#firstMs * 2 ** doublings);
  }

  /** It works: the next failure is the first of a new row. */
  reset(): void {
    this.#failures = 0;
  }
}
