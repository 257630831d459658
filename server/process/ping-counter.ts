/** Counts pings that were not answered. It counts pings and not time, so a parent that stood still itself blames nobody. */
export class PingCounter {
  readonly #missedMax: number;
  #missed = 0;

  /** @param missedMax Unanswered pings in a row that are still put up with. */
  constructor(missedMax: number) {
    this.#missedMax = missedMax;
  }

  /** Counts a ping that is about to be sent. False when too many before it were not answered. */
  countPing(): boolean {
    return ++this.#missed <= this.#missedMax;
  }

  countAnswer(): void {
    this.#missed = 0;
  }
}
