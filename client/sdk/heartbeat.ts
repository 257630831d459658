/** After so many of the server's longest silences the line is dead, whatever the network says. */
const DEAD_AFTER = 2.5;
/** Looks in each of the server's longest silences. */
const LOOKS = 4;

/** A cable that is pulled closes no connection: a server that should have spoken and did not is out of reach. */
export class Heartbeat {
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #heardMs = performance.now();

  /** The server is never silent for longer than `aliveMs`; 0 is a server that promises nothing. */
  constructor(aliveMs: number, dead: () => void) {
    if (aliveMs === 0) return;
    let lookedMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      // Who was asleep itself, as a page in the background is, first hears what has come meanwhile.
      const asleep = nowMs - lookedMs > aliveMs;
      lookedMs = nowMs;
      if (!asleep && nowMs - this.#heardMs >= aliveMs * DEAD_AFTER) dead();
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
