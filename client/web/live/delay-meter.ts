const EVENTS_KEPT = 9;

/** How far the words on screen lag behind the voice: the median over the last few events, so that a single slow one does not matter. */
export class DelayMeter {
  #recent: number[] = [];

  /** @param sentMs audio sent so far. @param shownMs end of the last word on screen. */
  push(sentMs: number, shownMs: number): void {
    this.#recent.push(Math.max(0, sentMs - shownMs));
    if (this.#recent.length > EVENTS_KEPT) this.#recent.shift();
  }

  /** Milliseconds; undefined until there are enough events. */
  get ms(): number | undefined {
    if (this.#recent.length < 3) return undefined;
    return [...this.#recent].sort((a, b) => a - b)[this.#recent.length >> 1];
  }
}
