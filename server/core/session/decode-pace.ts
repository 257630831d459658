/** Answers that the time of a decode is averaged over. */
const AVERAGE_OVER = 4;

/** How slowly the decodes of one channel come, as far as their answers tell. It needs no clock. */
export class DecodePace {
  readonly #slowMs: number;
  #averageMs: number | undefined;

  /** Decodes that take longer than `slowMs` come seldom. */
  constructor(slowMs: number) {
    this.#slowMs = slowMs;
  }

  /** Notes how long the engine took for a decode, ms. */
  record(decodeMs: number): void {
    this.#averageMs ??= decodeMs;
    this.#averageMs += (decodeMs - this.#averageMs) / AVERAGE_OVER;
  }

  /** Whether decodes come seldom: because each takes long, or because the load allows one only every `everyMs`. */
  isSlow(everyMs: number): boolean {
    return Math.max(this.#averageMs ?? 0, everyMs) > this.#slowMs;
  }
}
