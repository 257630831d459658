import { chmodSync, closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { errorCode } from '../core/errors/error-code.ts';
import { checkIntegrity, type Database, migrateSchema, NewerSchemaError, PRAGMAS } from './transcript-schema.ts';

export interface TranscriptFile {
  readonly folder: string;
  /** `always`: on the disk before a call returns. `never`: with the system, which outlives this process. */
  readonly sync: 'always' | 'never';
  readonly nowMs: () => number;
  /** Told when a broken file was set aside, with its new name. */
  brokenFile(name: string): void;
}

/** Why nothing can be kept, for people. */
export class StorageUnavailable extends Error {}

const NAME = 'transcripts.db';
/** Larger files are not read through at the start; a broken place in them is found when it is read. */
const CHECKED_BYTES_MAX = 268_435_456;
const BROKEN = ['SQLITE_NOTADB', 'SQLITE_CORRUPT'];

/** Opens the file, sets a broken one aside and begins a new one. The folder is locked by the caller. Throws `StorageUnavailable`. */
export function openDatabase(options: TranscriptFile): Database {
  const library = loadLibrary();
  try {
    return openSound(library, options);
  } catch (error) {
    if (error instanceof NewerSchemaError)
      throw new StorageUnavailable('the file of transcripts is of a newer version of Sotto');
    throw new StorageUnavailable(`the file of transcripts cannot be opened (${errorCode(error)})`, {
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

function openSound(library: Library, options: TranscriptFile): Database {
  const path = join(options.folder, NAME);
  try {
    return openFile(library, path, options.sync);
  } catch (error) {
    if (!BROKEN.includes(errorCode(error))) throw error;
    const stamp = new Date(options.nowMs()).toISOString().replace(/[:.]/g, '-');
    for (const end of ['', '-wal', '-shm'])
      if (existsSync(path + end)) renameSync(path + end, `${path}.broken-${stamp}${end}`);
    options.brokenFile(`${NAME}.broken-${stamp}`);
    return openFile(library, path, options.sync);
  }
}

function openFile(library: Library, path: string, sync: 'always' | 'never'): Database {
  // The database library would make it readable by others; its other files take over the rights of this one.
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const { size } = statSync(path);
  const database = new library(path);
  try {
    for (const pragma of PRAGMAS(sync)) database.prepare(pragma).all();
    migrateSchema(database);
    if (size <= CHECKED_BYTES_MAX) checkIntegrity(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
