/** After so many of the server's longest silences the line is dead, whatever the network says. */
const DEAD_AFTER = 2.5;
/** Looks in each of the server's longest silences. */
const LOOKS = 4;
/** A verdict soon after another may have been wrong, as with a server that is overworked: then it is waited longer. */
const SOON_MS = 60_000;
const PATIENCE_MAX = 8;

/** A cable that is pulled closes no connection: a server that should have spoken and did not is out of reach. */
export class Heartbeat {
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #heardMs = performance.now();
  #patience = 1;
  #deadMs = Number.NEGATIVE_INFINITY;

  /**
   * The server is never silent for longer than `aliveMs`; 0 is a server that promises nothing. `dead` is told that it was,
   * and says whether that is news.
   */
  constructor(aliveMs: number, dead: () => 'news' | 'known') {
    if (aliveMs === 0) return;
    let lookedMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      // Who was asleep itself, as a page in the background is, first hears what has come meanwhile.
      const asleep = nowMs - lookedMs > aliveMs;
      lookedMs = nowMs;
      if (nowMs - this.#deadMs > SOON_MS) this.#patience = 1;
      if (asleep || nowMs - this.#heardMs < aliveMs * DEAD_AFTER * this.#patience) return;
      this.#heardMs = nowMs;
      if (dead() === 'known') return;
      this.#patience = Math.min(PATIENCE_MAX, this.#patience * 2);
      this.#deadMs = nowMs;
    }, aliveMs / LOOKS);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  heard(): void {
    this.#heardMs = performance.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
