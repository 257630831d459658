import { chmodSync, closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { errorCode } from '../core/errors/error-code.ts';
import { checkIntegrity, type Database, migrateSchema, NewerSchemaError, PRAGMAS } from './transcript-schema.ts';

export interface TranscriptFile {
  readonly folder: string;
  /** `always`: on the disk before a call returns. `never`: in the system's cache, which outlives this process. */
  readonly sync: 'always' | 'never';
  readonly nowMs: () => number;
  /** Called with the new name of a broken file that was set aside. */
  onBrokenFile(name: string): void;
}

/** Thrown when nothing can be stored; the message is for people. */
export class StorageUnavailable extends Error {}

const FILE_NAME = 'transcripts.db';
/** Larger files are not checked at the start; damage in them is found when it is read. */
const INTEGRITY_CHECK_BYTES_MAX = 268_435_456;
const CORRUPTION_CODES = ['SQLITE_NOTADB', 'SQLITE_CORRUPT'];

/**
 * Opens the file; a broken one is set aside and a new one created. The caller has locked the folder. Throws
 * `StorageUnavailable`.
 */
export function openDatabase(options: TranscriptFile): Database {
  const library = loadLibrary();
  try {
    return openOrReplace(library, options);
  } catch (error) {
    if (error instanceof NewerSchemaError)
      throw new StorageUnavailable('the transcript file was written by a newer version of Sotto');
    throw new StorageUnavailable(`the transcript file cannot be opened (${errorCode(error)})`, {
      cause: error,
    });
  }
}

type Library = new (path: string) => Database;

function loadLibrary(): Library {
  try {
    return createRequire(import.meta.url)('libsql') as Library;
  } catch (cause) {
    throw new StorageUnavailable(
      `the database library (libsql) is not installed or does not run on ${process.platform} ${process.arch}`,
      { cause },
    );
  }
}

function openOrReplace(library: Library, options: TranscriptFile): Database {
  const path = join(options.folder, FILE_NAME);
  try {
    return openFile(library, path, options.sync);
  } catch (error) {
    if (!CORRUPTION_CODES.includes(errorCode(error))) throw error;
    const stamp = new Date(options.nowMs()).toISOString().replace(/[:.]/g, '-');
    for (const suffix of ['', '-wal', '-shm'])
      if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.broken-${stamp}${suffix}`);
    options.onBrokenFile(`${FILE_NAME}.broken-${stamp}`);
    return openFile(library, path, options.sync);
  }
}

function openFile(library: Library, path: string, sync: 'always' | 'never'): Database {
  // The database library would create it readable by others; its other files inherit this one's permissions.
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const { size } = statSync(path);
  const database = new library(path);
  try {
    for (const pragma of PRAGMAS(sync)) database.prepare(pragma).all();
    migrateSchema(database);
    if (size <= INTEGRITY_CHECK_BYTES_MAX) checkIntegrity(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
