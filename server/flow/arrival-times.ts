interface Mark {
  readonly audioMs: number;
  readonly atMs: number;
}

/** Enough for a minute of small frames; older audio is timed by the oldest mark. */
const MARKS_MAX = 3_000;

/** Records when audio arrived, so that the delay of its text can be measured. */
export class ArrivalTimes {
  #marks: Mark[] = [];

  /** Records that the stream has arrived up to `audioMs` at `atMs`. */
  add(audioMs: number, atMs: number): void {
    this.#marks.push({ audioMs, atMs });
    if (this.#marks.length > MARKS_MAX) this.#marks = this.#marks.slice(MARKS_MAX / 2);
  }

  /** When the stream up to `audioMs` had arrived; undefined if it has not. */
  findArrivalMs(audioMs: number): number | undefined {
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
