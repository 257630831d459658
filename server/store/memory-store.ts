import type { Entry, Journal, LeftJournal, Store } from '../ports/store.ts';
import { decodeEntries, encodeEntry } from './entries.ts';

/** Journals that last as long as this object: for tests, and for trying out what a restart would find. */
export class MemoryStore implements Store {
  readonly #files: Map<string, Uint8Array>;

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
    const put = (entries: readonly Entry[], before: Uint8Array): void => {
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

  *left(): Iterable<LeftJournal> {
    for (const [session, bytes] of [...this.#files]) {
      yield { session, ageMs: 0, entries: decodeEntries(bytes).entries, journal: this.open(session) };
    }
  }

  close(): void {}
}
