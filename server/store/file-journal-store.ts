import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makePrivateFolder } from '../files/make-folder.ts';
import { syncFolder } from '../files/sync-folder.ts';
import type { Journal, JournalStore, LeftoverJournal } from '../ports/journal-store.ts';
import { decodeEntries } from './entries.ts';
import { type Disk, FileJournal } from './file-journal.ts';
import { FolderLock } from './folder-lock.ts';

export interface FileJournalStoreOptions {
  /** Made when it is not there; this store's alone. */
  readonly folder: string;
  readonly sync: 'always' | 'never';
  /** Most bytes of one journal, and of all. */
  readonly sessionBytesMax: number;
  readonly bytesMax: number;
  /** See `FileJournalOptions`. */
  readonly disk?: Disk;
}

const NAME = /^([0-9a-f-]{36})\.journal$/;
/** How long what was set aside is kept for somebody to look at, ms. */
const ASIDE_MS = 86_400_000;

/** Journals as files in one folder, `ID.journal`. */
export class FileJournalStore implements JournalStore {
  readonly #options: FileJournalStoreOptions;
  readonly #lock: FolderLock;
  #bytes = 0;

  /** Throws when the folder cannot be made or written, or another process has it. */
  constructor(options: FileJournalStoreOptions) {
    this.#options = options;
    makePrivateFolder(options.folder);
    this.#lock = new FolderLock(options.folder);
    // The folder itself is a name in the one above it.
    if (options.sync === 'always') (options.disk?.syncFolder ?? syncFolder)(dirname(options.folder));
  }

  get bytes(): number {
    return this.#bytes;
  }

  open(session: string): Journal {
    return this.#journal(session, 0);
  }

  *left(): Iterable<LeftoverJournal> {
    const { folder } = this.#options;
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (isRefuse(name, path)) rmSync(path, { force: true });
      const session = NAME.exec(name)?.[1];
      if (session === undefined) continue;
      yield this.#read(session, path);
    }
  }

  close(): void {
    this.#lock.release();
  }

  #read(session: string, path: string): LeftoverJournal {
    const { size, ageMs: shownMs } = look(path);
    // A clock that was set forward meanwhile makes nothing older.
    const ageMs = Math.max(0, Math.min(shownMs, shownMs - this.#lock.clockSetMs));
    this.#bytes += size;
    const tries = triesOf(path);
    return {
      ...{ session, ageMs, tries, journal: this.#journal(session, size) },
      begin: () => {
        count(path, tries + 1);
        try {
          return decodeEntries(readFileSync(path)).entries;
        } catch {
          return [];
        }
      },
      stood: () => uncount(path),
      setAside: () => {
        this.#bytes -= size;
        move(path, `${path}.aside`);
      },
    };
  }

  #journal(session: string, bytes: number): Journal {
    const { folder, sync, sessionBytesMax, disk } = this.#options;
    const grown = (by: number): void => this.#grow(by);
    return new FileJournal({ path: join(folder, `${session}.journal`), sync, sessionBytesMax, disk, grown }, bytes);
  }

  #grow(by: number): void {
    if (by > 0 && this.#bytes + by > this.#options.bytesMax)
      throw new RangeError(`journals of ${this.#bytes + by} bytes`);
    this.#bytes += by;
  }
}

/** What a dying process had not finished, a count without its journal, and what was set aside long enough ago. */
function isRefuse(name: string, path: string): boolean {
  if (name.endsWith('.journal.aside')) return look(path).ageMs > ASIDE_MS;
  if (name.endsWith('.journal.tries')) return !existsSync(path.slice(0, -'.tries'.length));
  return name.endsWith('.journal.new');
}

function look(path: string): { readonly size: number; readonly ageMs: number } {
  try {
    const stat = statSync(path);
    return { size: stat.isFile() ? stat.size : 0, ageMs: Math.max(0, Date.now() - stat.mtimeMs) };
  } catch {
    return { size: 0, ageMs: 0 };
  }
}

function triesOf(path: string): number {
  try {
    return Number(readFileSync(`${path}.tries`, 'utf8')) || 0;
  } catch {
    return 0;
  }
}

/** Where nothing can be written nothing is counted: that is no reason to lose a session. */
function count(path: string, tries: number): void {
  try {
    writeFileSync(`${path}.tries`, String(tries), { mode: 0o600 });
  } catch {}
}

function uncount(path: string): void {
  try {
    rmSync(`${path}.tries`, { force: true });
  } catch {}
}

function move(from: string, to: string): void {
  uncount(from);
  try {
    renameSync(from, to);
  } catch {
    // A folder that cannot be written: it is passed over again at the next start.
  }
}
