/** Counts unanswered pings. It counts pings, not time, so a parent that was itself suspended does not blame its child. */
export class PingCounter {
  readonly #missedMax: number;
  #missed = 0;

  /** @param missedMax Number of consecutive unanswered pings that is tolerated. */
  constructor(missedMax: number) {
    this.#missedMax = missedMax;
  }

  /** Counts a ping that is about to be sent. Returns false when too many before it were not answered. */
  countPing(): boolean {
    return ++this.#missed <= this.#missedMax;
  }

  countAnswer(): void {
    this.#missed = 0;
  }
}
