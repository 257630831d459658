/** A live session, as the server sees it. */
export interface Live {
  readonly id: string;
  /** Whose session it is, and from where. */
  readonly key: string;
  readonly address: string;
  load(cadence: number, lagMs: number): void;
  /** Finalises what was said and says goodbye. */
  drain(): void;
  /** Ends now. */
  destroy(): void;
}

/** The live sessions of this server. */
export class Registry {
  readonly #live = new Map<string, Live>();
  #idle: (() => void) | undefined;

  get size(): number {
    return this.#live.size;
  }

  /** Live sessions of a key and of an address. */
  count(key: string, address: string): { readonly ofKey: number; readonly ofAddress: number } {
    let ofKey = 0;
    let ofAddress = 0;
    for (const live of this.#live.values()) {
      if (live.key === key) ofKey++;
      if (live.address === address) ofAddress++;
    }
    return { ofKey, ofAddress };
  }

  add(live: Live): void {
    this.#live.set(live.id, live);
  }

  remove(id: string): void {
    this.#live.delete(id);
    if (this.#live.size === 0) this.#idle?.();
  }

  advise(cadence: number, lagMs: number): void {
    for (const live of this.#live.values()) live.load(cadence, lagMs);
  }

  /** Asks every session to end and waits for the last, at most until `limit` resolves; what is left then is cut off. */
  async drain(limit: Promise<void>): Promise<void> {
    if (this.#live.size === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    for (const live of [...this.#live.values()]) live.drain();
    await Promise.race([idle, limit]);
    for (const live of [...this.#live.values()]) live.destroy();
  }
}
