import type { Journal, JournalEntry, JournalStore, LeftoverJournal } from '../ports/journal-store.ts';
import { decodeEntries, encodeEntry } from './entries.ts';

/** Journals that last as long as this object: for tests, and for trying out what a restart would find. */
export class MemoryJournalStore implements JournalStore {
  readonly #files: Map<string, Uint8Array>;
  readonly #tries = new Map<string, number>();

  /** `files` are what an earlier process left, by session. */
  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.#files = new Map(files);
  }

  get bytes(): number {
    return [...this.#files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What a process that ended now would leave of a session. */
  file(session: string): Uint8Array | undefined {
    return this.#files.get(session);
  }

  open(session: string): Journal {
    const files = this.#files;
    const put = (entries: readonly JournalEntry[], before: Uint8Array): void => {
      files.set(session, Buffer.concat([before, ...entries.map(encodeEntry)]));
    };
    return {
      get bytes() {
        return files.get(session)?.length ?? 0;
      },
      append: (entry) => put([entry], files.get(session) ?? new Uint8Array(0)),
      replace: (entries) => put(entries, new Uint8Array(0)),
      remove: () => void files.delete(session),
    };
  }

  *left(): Iterable<LeftoverJournal> {
    for (const [session, bytes] of [...this.#files]) {
      const tries = this.#tries.get(session) ?? 0;
      yield {
        ...{ session, tries, ageMs: 0, journal: this.open(session) },
        begin: () => {
          this.#tries.set(session, tries + 1);
          return decodeEntries(bytes).entries;
        },
        stood: () => void this.#tries.delete(session),
        setAside: () => void this.#files.delete(session),
      };
    }
  }

  close(): void {}
}
