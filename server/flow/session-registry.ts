import type { ServiceLevel } from '../core/schedule/load-shedder.ts';

/** Something that takes a place on this server: a live session, or a connection that may become one. */
export interface RegistryEntry {
  readonly id: string;
  /** Whose session it is, and from where. */
  readonly key: string;
  readonly address: string;
  setServiceLevel(level: ServiceLevel): void;
  /** Finalises what was said, then ends. */
  drain(): void;
  /** Ends immediately. */
  destroy(): void;
}

/** Ended sessions whose last events may not have arrived. Beyond this many, the oldest are removed. */
const RETIRED_MAX = 256;

/** A session that can be found again. */
export interface ResumableSession extends RegistryEntry {
  /** The grace time for its client is over. */
  expire(): void;
}

/**
 * The live sessions of this server, and those that ended a moment ago. `S` is the type of sessions that can be resumed.
 */
export class SessionRegistry<S extends ResumableSession = ResumableSession> {
  readonly #live = new Map<string, RegistryEntry>();
  readonly #sessions = new Map<string, S>();
  readonly #retired = new Map<string, S>();
  /** Sessions of an earlier process that will be restored in a moment. */
  readonly #expected = new Set<string>();
  #onEmpty: (() => void) | undefined;
  #onAdded: (() => void) | undefined;

  get size(): number {
    return this.#live.size;
  }

  /** Live sessions of a key and of an address. Sessions without a connection count. */
  countLive(key: string, address: string): { readonly ofKey: number; readonly ofAddress: number } {
    let ofKey = 0;
    let ofAddress = 0;
    for (const live of this.#live.values()) {
      if (live.key === key) ofKey++;
      if (live.address === address) ofAddress++;
    }
    return { ofKey, ofAddress };
  }

  /** Calls `listener`, the only one, whenever something takes a place. */
  watchAdditions(listener: () => void): void {
    this.#onAdded = listener;
  }

  add(live: RegistryEntry): void {
    this.#live.set(live.id, live);
    this.#onAdded?.();
  }

  /** Puts a session in the place of the connection that opened it. */
  open(session: S, connection?: RegistryEntry): void {
    if (connection !== undefined) this.#live.delete(connection.id);
    this.#live.set(session.id, session);
    this.#sessions.set(session.id, session);
    this.#onAdded?.();
  }

  /** A session that can be resumed: live, or ended a moment ago. */
  find(id: string): S | undefined {
    return this.#sessions.get(id) ?? this.#retired.get(id);
  }

  /** Marks a session that is not here yet as worth waiting for, until `stopExpecting`. */
  expect(id: string): void {
    this.#expected.add(id);
  }

  stopExpecting(id: string): void {
    this.#expected.delete(id);
  }

  isExpected(id: string): boolean {
    return this.#expected.has(id);
  }

  remove(id: string): void {
    this.#sessions.delete(id);
    if (this.#live.delete(id) && this.#live.size === 0) this.#onEmpty?.();
  }

  /** Frees the place of an ended session, and keeps it to be found. */
  retire(session: S): void {
    this.remove(session.id);
    this.#retired.set(session.id, session);
    const oldest = this.#retired.values().next().value;
    if (this.#retired.size > RETIRED_MAX) oldest?.expire();
  }

  removeRetired(id: string): void {
    this.#retired.delete(id);
  }

  setServiceLevel(level: ServiceLevel): void {
    for (const live of this.#live.values()) live.setServiceLevel(level);
  }

  /** Asks every session to end and waits for the last, at most until `limit` resolves; then the rest is destroyed. */
  async drain(limit: Promise<void>): Promise<void> {
    if (this.#live.size > 0) {
      const empty = new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
      for (const live of [...this.#live.values()]) live.drain();
      await Promise.race([empty, limit]);
    }
    this.destroy();
  }

  /** Ends every session now. Their journals stay for the next process. */
  destroy(): void {
    for (const live of [...this.#live.values(), ...this.#retired.values()]) live.destroy();
  }
}
