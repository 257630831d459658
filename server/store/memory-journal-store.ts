import type { Journal, JournalEntry, JournalStore, LeftoverJournal } from '../ports/journal-store.ts';
import { decodeEntries, encodeEntry } from './entries.ts';

/** Stores journals for as long as this object exists: for tests, and for examining what a restart would find. */
export class MemoryJournalStore implements JournalStore {
  readonly #files: Map<string, Uint8Array>;
  readonly #tries = new Map<string, number>();

  /** `files` are the journals of an earlier process, by session. */
  constructor(files: Iterable<readonly [string, Uint8Array]> = []) {
    this.#files = new Map(files);
  }

  get bytes(): number {
    return [...this.#files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What a process that ended now would leave behind for a session. */
  readFile(session: string): Uint8Array | undefined {
    return this.#files.get(session);
  }

  create(session: string): Journal {
    const files = this.#files;
    const write = (entries: readonly JournalEntry[], before: Uint8Array): void => {
      files.set(session, Buffer.concat([before, ...entries.map(encodeEntry)]));
    };
    return {
      get bytes() {
        return files.get(session)?.length ?? 0;
      },
      append: (entry) => write([entry], files.get(session) ?? new Uint8Array(0)),
      replace: (entries) => write(entries, new Uint8Array(0)),
      remove: () => void files.delete(session),
    };
  }

  *listLeftovers(): Iterable<LeftoverJournal> {
    for (const [session, bytes] of [...this.#files]) {
      const tries = this.#tries.get(session) ?? 0;
      yield {
        ...{ session, tries, ageMs: 0, journal: this.create(session) },
        readEntries: () => {
          this.#tries.set(session, tries + 1);
          return decodeEntries(bytes).entries;
        },
        markStable: () => void this.#tries.delete(session),
        setAside: () => void this.#files.delete(session),
      };
    }
  }

  close(): void {}
}
