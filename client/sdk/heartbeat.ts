/** A connection is dead after this multiple of the server's longest silence, whatever the network says. */
const DEAD_AFTER = 2.5;
/** Checks during each of the server's longest silences. */
const CHECKS = 4;
/** A second dead connection this soon after the first may be an overloaded server: the wait then doubles, up to a bound. */
const REPEAT_WINDOW_MS = 60_000;
const PATIENCE_MAX = 8;

/** Detects dead connections. Unplugging a cable closes no socket, so a server that stays silent for too long is unreachable. */
export class Heartbeat {
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #receivedMs = performance.now();
  #patience = 1;
  #deadMs = Number.NEGATIVE_INFINITY;

  /**
   * `aliveMs` is the longest silence the server promises; 0 means no promise, and nothing is checked. `dead` is called when the
   * silence was longer, and returns whether the caller did not know yet.
   */
  constructor(aliveMs: number, dead: () => 'news' | 'known') {
    if (aliveMs === 0) return;
    let lookedMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      // A page in the background may have been suspended itself; it first receives what arrived in the meantime.
      const asleep = nowMs - lookedMs > aliveMs;
      lookedMs = nowMs;
      if (nowMs - this.#deadMs > REPEAT_WINDOW_MS) this.#patience = 1;
      if (asleep || nowMs - this.#receivedMs < aliveMs * DEAD_AFTER * this.#patience) return;
      this.#receivedMs = nowMs;
      if (dead() === 'known') return;
      this.#patience = Math.min(PATIENCE_MAX, this.#patience * 2);
      this.#deadMs = nowMs;
    }, aliveMs / CHECKS);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  received(): void {
    this.#receivedMs = performance.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
