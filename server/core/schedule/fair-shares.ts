/** Half-life of the slot time a session has used, ms. */
const HALF_LIFE_MS = 10_000;

interface Share {
  readonly usedMs: number;
  readonly atMs: number;
  readonly servedMs: number;
}

const NOTHING: Share = { usedMs: 0, atMs: 0, servedMs: Number.NEGATIVE_INFINITY };

/** How much slot time each session has used lately, so that one that asks for much does not hold up one that asks for little. */
export class FairShares {
  readonly #shares = new Map<string, Share>();

  /** When a decode of the session last began, ms. */
  servedMs(session: string): number {
    return (this.#shares.get(session) ?? NOTHING).servedMs;
  }

  /** Slot time the session has used, ms; the older it is, the less it counts. */
  usedMs(session: string, nowMs: number): number {
    const { usedMs, atMs } = this.#shares.get(session) ?? NOTHING;
    return usedMs * 0.5 ** ((nowMs - atMs) / HALF_LIFE_MS);
  }

  served(session: string, nowMs: number): void {
    this.#shares.set(session, { ...(this.#shares.get(session) ?? NOTHING), servedMs: nowMs });
  }

  used(session: string, ms: number, nowMs: number): void {
    const before = this.#shares.get(session);
    // The session has left in the meantime.
    if (before === undefined) return;
    this.#shares.set(session, { ...before, usedMs: this.usedMs(session, nowMs) + ms, atMs: nowMs });
  }

  left(session: string): void {
    this.#shares.delete(session);
  }
}
