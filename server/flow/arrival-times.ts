interface Mark {
  readonly audioMs: number;
  readonly atMs: number;
}

/** Times are enough for a minute of small frames; older audio counts from the oldest. */
const MARKS_MAX = 3_000;

/** When audio came, so that what is said of it can be timed. */
export class ArrivalTimes {
  #marks: Mark[] = [];

  /** Everything up to `audioMs` of the stream is here at `atMs`. */
  came(audioMs: number, atMs: number): void {
    this.#marks.push({ audioMs, atMs });
    if (this.#marks.length > MARKS_MAX) this.#marks = this.#marks.slice(MARKS_MAX / 2);
  }

  /** When the audio up to `audioMs` was here; undefined for what has not come. */
  of(audioMs: number): number | undefined {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#marks[middle]!.audioMs < audioMs) low = middle + 1;
      else high = middle;
    }
    return this.#marks[low]?.atMs;
  }
}
