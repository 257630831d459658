import { closeSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The part of an SQLite library that is used here; libsql implements it. */
interface LockDatabase {
  exec(sql: string): void;
  close(): void;
}
export type LockLibrary = new (path: string) => LockDatabase;

/** A lock on a file that the system releases when its process ends, however it ends. */
export interface KernelLock {
  release(): void;
}

/** The database library; undefined where it is not installed or does not run. */
export function loadLockLibrary(): LockLibrary | undefined {
  try {
    return createRequire(import.meta.url)('libsql') as LockLibrary;
  } catch {
    return undefined;
  }
}

/**
 * Locks a file that serves no other purpose, created if missing. `held`: another process, or another part of this one,
 * has the lock. Undefined: files cannot be locked here. Node has no call for such locks, so SQLite takes one, with a
 * transaction that never ends. It writes nothing, so the lock can be taken on a full disk, too.
 *
 * Nothing else in this process may open the file: POSIX releases all locks of a process on a file as soon as it closes
 * any of its descriptors of that file. Nor may the file be removed while servers run: two of them could then each lock
 * their own.
 */
export function lockFile(path: string, library: LockLibrary): KernelLock | 'held' | undefined {
  createPrivate(path);
  for (let attempt = 0; ; attempt++) {
    const outcome = tryLock(path, library);
    if (typeof outcome !== 'string') return outcome;
    if (outcome === 'SQLITE_BUSY') return 'held';
    if (outcome !== 'SQLITE_NOTADB' || attempt > 0) return undefined;
    // Another program has written into it. SQLite reads the file only once it has the lock, so no server can hold it.
    rmSync(path, { force: true });
    createPrivate(path);
  }
}

/** Returns the code of SQLite's error when it fails. */
function tryLock(path: string, library: LockLibrary): KernelLock | string {
  let database: LockDatabase | undefined;
  try {
    database = new library(path);
    database.exec('PRAGMA busy_timeout = 0');
    // Otherwise it would create a journal for the transaction.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
  const held = database;
  return {
    release: () => {
      // Closing keeps the lock for as long as the library caches a statement.
      held.exec('ROLLBACK');
      held.close();
    },
  };
}

/** SQLite would create it readable by others. An existing file is not even opened, see above. */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
