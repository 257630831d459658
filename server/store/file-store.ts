import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Journal, LeftJournal, Store } from '../ports/store.ts';
import { decodeEntries } from './entries.ts';
import { FileJournal } from './file-journal.ts';
import { FolderLock } from './folder-lock.ts';

export interface FileStoreOptions {
  /** Made when it is not there; this store's alone. */
  readonly folder: string;
  readonly sync: 'always' | 'never';
  /** Most bytes of one journal, and of all. */
  readonly sessionBytesMax: number;
  readonly bytesMax: number;
}

const NAME = /^([0-9a-f-]{36})\.journal$/;

/** Journals as files in one folder, `ID.journal`. */
export class FileStore implements Store {
  readonly #options: FileStoreOptions;
  readonly #lock: FolderLock;
  #bytes = 0;

  /** Throws when the folder cannot be made or written, or another process has it. */
  constructor(options: FileStoreOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    // It may have been made by hand, and holds what people said.
    chmodSync(options.folder, 0o700);
    this.#lock = new FolderLock(options.folder);
  }

  get bytes(): number {
    return this.#bytes;
  }

  open(session: string): Journal {
    return this.#journal(session, 0);
  }

  *left(): Iterable<LeftJournal> {
    const { folder } = this.#options;
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.endsWith('.new')) rmSync(path, { force: true });
      const session = NAME.exec(name)?.[1];
      if (session === undefined) continue;
      yield this.#read(session, path);
    }
  }

  close(): void {
    this.#lock.release();
  }

  #read(session: string, path: string): LeftJournal {
    try {
      const { mtimeMs, size } = statSync(path);
      this.#bytes += size;
      const { entries } = decodeEntries(readFileSync(path));
      return { session, ageMs: Math.max(0, Date.now() - mtimeMs), entries, journal: this.#journal(session, size) };
    } catch {
      return { session, ageMs: 0, entries: [], journal: this.#journal(session, 0) };
    }
  }

  #journal(session: string, bytes: number): Journal {
    const { folder, sync, sessionBytesMax } = this.#options;
    const grown = (by: number): void => this.#grow(by);
    return new FileJournal({ path: join(folder, `${session}.journal`), sync, sessionBytesMax, grown }, bytes);
  }

  #grow(by: number): void {
    if (by > 0 && this.#bytes + by > this.#options.bytesMax)
      throw new RangeError(`journals of ${this.#bytes + by} bytes`);
    this.#bytes += by;
  }
}
