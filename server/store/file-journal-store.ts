import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makePrivateFolder } from '../files/make-folder.ts';
import { syncFolder } from '../files/sync-folder.ts';
import type { Journal, JournalStore, LeftoverJournal } from '../ports/journal-store.ts';
import { decodeEntries } from './entries.ts';
import { type Disk, FileJournal } from './file-journal.ts';
import { FolderLock } from './folder-lock.ts';

export interface FileJournalStoreOptions {
  /** Created if missing; no other store may use it. */
  readonly folder: string;
  readonly sync: 'always' | 'never';
  /** Maximum bytes of one journal, and of all. */
  readonly sessionBytesMax: number;
  readonly bytesMax: number;
  /** See `FileJournalOptions`. */
  readonly disk?: Disk;
}

const JOURNAL_NAME = /^([0-9a-f-]{36})\.journal$/;
/** How long journals that were set aside are kept for inspection, ms. */
const SET_ASIDE_MS = 86_400_000;

/** Stores journals as files in one folder, `ID.journal`. */
export class FileJournalStore implements JournalStore {
  readonly #options: FileJournalStoreOptions;
  readonly #lock: FolderLock;
  #bytes = 0;

  /** Throws when the folder cannot be created or written, or another process holds its lock. */
  constructor(options: FileJournalStoreOptions) {
    this.#options = options;
    makePrivateFolder(options.folder);
    this.#lock = new FolderLock(options.folder);
    // The folder itself is an entry of its parent.
    if (options.sync === 'always') (options.disk?.syncFolder ?? syncFolder)(dirname(options.folder));
  }

  get bytes(): number {
    return this.#bytes;
  }

  create(session: string): Journal {
    return this.#openJournal(session, 0);
  }

  *listLeftovers(): Iterable<LeftoverJournal> {
    const { folder } = this.#options;
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (isDisposable(name, path)) rmSync(path, { force: true });
      const session = JOURNAL_NAME.exec(name)?.[1];
      if (session === undefined) continue;
      yield this.#openLeftover(session, path);
    }
  }

  close(): void {
    this.#lock.release();
  }

  #openLeftover(session: string, path: string): LeftoverJournal {
    const { size, ageMs: fileAgeMs } = readStat(path);
    // A clock that was set forward meanwhile makes nothing older.
    const ageMs = Math.max(0, Math.min(fileAgeMs, fileAgeMs - this.#lock.clockSetMs));
    this.#bytes += size;
    const tries = readTries(path);
    return {
      ...{ session, ageMs, tries, journal: this.#openJournal(session, size) },
      readEntries: () => {
        writeTries(path, tries + 1);
        try {
          return decodeEntries(readFileSync(path)).entries;
        } catch {
          return [];
        }
      },
      markStable: () => removeTries(path),
      setAside: () => {
        this.#bytes -= size;
        setAsideFile(path, `${path}.aside`);
      },
    };
  }

  #openJournal(session: string, bytes: number): Journal {
    const { folder, sync, sessionBytesMax, disk } = this.#options;
    const onGrowth = (bytes: number): void => this.#grow(bytes);
    return new FileJournal({ path: join(folder, `${session}.journal`), sync, sessionBytesMax, disk, onGrowth }, bytes);
  }

  #grow(bytes: number): void {
    if (bytes > 0 && this.#bytes + bytes > this.#options.bytesMax)
      throw new RangeError(`journals of ${this.#bytes + bytes} bytes`);
    this.#bytes += bytes;
  }
}

/** Leftovers of a process that died while writing, a try count without its journal, and old set-aside journals. */
function isDisposable(name: string, path: string): boolean {
  if (name.endsWith('.journal.aside')) return readStat(path).ageMs > SET_ASIDE_MS;
  if (name.endsWith('.journal.tries')) return !existsSync(path.slice(0, -'.tries'.length));
  return name.endsWith('.journal.new');
}

function readStat(path: string): { readonly size: number; readonly ageMs: number } {
  try {
    const stat = statSync(path);
    return { size: stat.isFile() ? stat.size : 0, ageMs: Math.max(0, Date.now() - stat.mtimeMs) };
  } catch {
    return { size: 0, ageMs: 0 };
  }
}

function readTries(path: string): number {
  try {
    return Number(readFileSync(`${path}.tries`, 'utf8')) || 0;
  } catch {
    return 0;
  }
}

/** Where nothing can be written, nothing is counted: that is no reason to lose a session. */
function writeTries(path: string, tries: number): void {
  try {
    writeFileSync(`${path}.tries`, String(tries), { mode: 0o600 });
  } catch {}
}

function removeTries(path: string): void {
  try {
    rmSync(`${path}.tries`, { force: true });
  } catch {}
}

function setAsideFile(from: string, to: string): void {
  removeTries(from);
  try {
    renameSync(from, to);
  } catch {
    // The folder cannot be written: the next start will skip it again.
  }
}
