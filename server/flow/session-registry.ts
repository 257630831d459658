import type { ServiceLevel } from '../core/schedule/load-shedder.ts';

/** Something that takes a place on this server: a live session, or a connection that may become one. */
export interface RegistryEntry {
  readonly id: string;
  /** Whose session it is, and from where. */
  readonly key: string;
  readonly address: string;
  load(advice: ServiceLevel): void;
  /** Finalises what was said and says goodbye. */
  drain(): void;
  /** Ends now. */
  destroy(): void;
}

/** Ended sessions whose last events may not have arrived. More are forgotten, oldest first. */
const SHELF_MAX = 256;

/** A session that can be found again. */
export interface ResumableSession extends RegistryEntry {
  /** Nobody asked for it any more. */
  expire(): void;
}

/** The live sessions of this server, and those that ended a moment ago. `S` is what can be found again. */
export class SessionRegistry<S extends ResumableSession = ResumableSession> {
  readonly #live = new Map<string, RegistryEntry>();
  readonly #sessions = new Map<string, S>();
  readonly #shelf = new Map<string, S>();
  /** Sessions of an earlier process that will be taken up in a moment. */
  readonly #expected = new Set<string>();
  #idle: (() => void) | undefined;

  get size(): number {
    return this.#live.size;
  }

  /** Live sessions of a key and of an address. A session without a connection counts. */
  count(key: string, address: string): { readonly ofKey: number; readonly ofAddress: number } {
    let ofKey = 0;
    let ofAddress = 0;
    for (const live of this.#live.values()) {
      if (live.key === key) ofKey++;
      if (live.address === address) ofAddress++;
    }
    return { ofKey, ofAddress };
  }

  add(live: RegistryEntry): void {
    this.#live.set(live.id, live);
  }

  /** A session takes the place of the connection that opened it. */
  open(session: S, connection?: RegistryEntry): void {
    if (connection !== undefined) this.#live.delete(connection.id);
    this.#live.set(session.id, session);
    this.#sessions.set(session.id, session);
  }

  /** A session that can be resumed: live, or ended a moment ago. */
  find(id: string): S | undefined {
    return this.#sessions.get(id) ?? this.#shelf.get(id);
  }

  /** From now on, until `arrived`, a session that is not here yet is worth waiting for. */
  expect(id: string): void {
    this.#expected.add(id);
  }

  arrived(id: string): void {
    this.#expected.delete(id);
  }

  isExpected(id: string): boolean {
    return this.#expected.has(id);
  }

  remove(id: string): void {
    this.#sessions.delete(id);
    if (this.#live.delete(id) && this.#live.size === 0) this.#idle?.();
  }

  /** Frees the place of a session that has ended, and keeps it to be found. */
  shelve(session: S): void {
    this.remove(session.id);
    this.#shelf.set(session.id, session);
    const oldest = this.#shelf.values().next().value;
    if (this.#shelf.size > SHELF_MAX) oldest?.expire();
  }

  forget(id: string): void {
    this.#shelf.delete(id);
  }

  advise(advice: ServiceLevel): void {
    for (const live of this.#live.values()) live.load(advice);
  }

  /** Asks every session to end and waits for the last, at most until `limit` resolves; what is left then is cut off. */
  async drain(limit: Promise<void>): Promise<void> {
    if (this.#live.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      for (const live of [...this.#live.values()]) live.drain();
      await Promise.race([idle, limit]);
    }
    this.destroy();
  }

  /** Ends every session now. Their journals stay for the next process. */
  destroy(): void {
    for (const live of [...this.#live.values(), ...this.#shelf.values()]) live.destroy();
  }
}
