/** The part of an SQLite library that is used; libsql implements it. */
export interface Database {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  close(): void;
}

/** Returns the statement for some SQL. */
export type PrepareStatement = (sql: string) => Statement;

export interface Statement {
  run(...values: readonly unknown[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  get(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): unknown[];
}

/** Compiles each statement once, at its first use. */
export function cacheStatements(database: Database): PrepareStatement {
  const compiled = new Map<string, Statement>();
  return (sql) => {
    const known = compiled.get(sql) ?? database.prepare(sql);
    compiled.set(sql, known);
    return known;
  };
}

/**
 * Rebuilds the full-text index over `texts`. The index has its own copy of them: when it reads the texts of another
 * table, its secure deletion mistakes the new text for the old one and leaves pieces of words behind.
 */
const REBUILD_INDEX = `
  DROP TRIGGER IF EXISTS texts_added;
  DROP TRIGGER IF EXISTS texts_removed;
  DROP TRIGGER IF EXISTS texts_changed;
  DROP TABLE IF EXISTS search;
  CREATE VIRTUAL TABLE search USING fts5(folded, tokenize='trigram case_sensitive 1');
  INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
  INSERT INTO search (rowid, folded) SELECT id, folded FROM texts;
  CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN
    INSERT INTO search (rowid, folded) VALUES (new.id, new.folded);
  END;
  CREATE TRIGGER texts_removed AFTER DELETE ON texts BEGIN
    DELETE FROM search WHERE rowid = old.id;
  END;
  CREATE TRIGGER texts_changed AFTER UPDATE OF folded ON texts BEGIN
    UPDATE search SET folded = new.folded WHERE rowid = new.id;
  END;
`;

/** Bytes a row takes besides its texts: numbers, keys and its share of the page. */
const ROW_BYTES = 120;
/** Bytes a folded text takes with its trigrams, per byte of text; measured, see tests/unit/store/transcript-bounds. */
const INDEXED_FACTOR = 5;

const sumColumns = (row: string, columns: readonly string[]): string =>
  [...columns.map((column) => `coalesce(octet_length(${row}.${column}), 0)`), ROW_BYTES].join(' + ');
const FIRST_SENTENCE_COLUMNS = ['text', 'cleaned', 'correction', 'translations', 'words'];
const firstSentenceSize = (row: string): string => sumColumns(row, FIRST_SENTENCE_COLUMNS);
const sentenceSize = (row: string): string => sumColumns(row, [...FIRST_SENTENCE_COLUMNS, 'revised', 'revised_words']);
const audioSize = (row: string): string => sumColumns(row, ['packets']);
const noteSize = (row: string): string => sumColumns(row, ['text']);
const textSize = (row: string): string => `${INDEXED_FACTOR} * octet_length(${row}.folded) + ${ROW_BYTES}`;
const headSize = (row: string): string => sumColumns(row, ['title', 'speakers', 'summary']);

/** Maintains `transcripts.bytes`, the approximate size of a transcript in the file, whatever changes it. */
const createByteTriggers = (table: string, size: (row: string) => string): string => `
  CREATE TRIGGER ${table}_bytes_added AFTER INSERT ON ${table} BEGIN
    UPDATE transcripts SET bytes = bytes + ${size('new')} WHERE n = new.t;
  END;
  CREATE TRIGGER ${table}_bytes_removed AFTER DELETE ON ${table} BEGIN
    UPDATE transcripts SET bytes = bytes - (${size('old')}) WHERE n = old.t;
  END;
  CREATE TRIGGER ${table}_bytes_changed AFTER UPDATE ON ${table} BEGIN
    UPDATE transcripts SET bytes = bytes + ${size('new')} - (${size('old')}) WHERE n = new.t;
  END;
`;

/**
 * Each migration takes a file from the previous version to its own; a file of version 0 is empty. Never change one: add
 * another.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE transcripts (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    language TEXT NOT NULL DEFAULT '',
    speakers TEXT NOT NULL DEFAULT '{}',
    sentences INTEGER NOT NULL DEFAULT 0,
    notes INTEGER NOT NULL DEFAULT 0,
    summary TEXT
  );
  CREATE INDEX transcripts_by_start ON transcripts (owner, started_ms DESC, n DESC);
  CREATE TABLE parts (
    t INTEGER NOT NULL, part INTEGER NOT NULL, session TEXT NOT NULL,
    at_ms INTEGER NOT NULL, audio_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (t, part)
  ) WITHOUT ROWID;
  CREATE TABLE sentences (
    t INTEGER NOT NULL, part INTEGER NOT NULL, channel INTEGER NOT NULL, sentence INTEGER NOT NULL,
    text TEXT NOT NULL, cleaned TEXT, correction TEXT, translations TEXT,
    highlight INTEGER NOT NULL DEFAULT 0, language TEXT NOT NULL,
    from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, words TEXT NOT NULL,
    PRIMARY KEY (t, part, channel, sentence)
  );
  CREATE TABLE notes (
    t INTEGER NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (t, id)
  ) WITHOUT ROWID;
  CREATE TABLE settings (owner TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (owner, name)) WITHOUT ROWID;
  -- What is searched: the title ('t'), a sentence ('s1.0.3') or a note ('nID'), folded.
  CREATE TABLE texts (id INTEGER PRIMARY KEY, t INTEGER NOT NULL, place TEXT NOT NULL, folded TEXT NOT NULL, UNIQUE (t, place));
  ${REBUILD_INDEX}
  `,
  `
  ALTER TABLE transcripts ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  -- Transcripts that are gone for everybody, but whose rows are still being erased.
  CREATE TABLE removals (t INTEGER PRIMARY KEY);
  UPDATE transcripts AS head SET bytes = ${headSize('head')}
    + (SELECT coalesce(sum(${firstSentenceSize('row')}), 0) FROM sentences AS row WHERE row.t = head.n)
    + (SELECT coalesce(sum(${noteSize('row')}), 0) FROM notes AS row WHERE row.t = head.n)
    + (SELECT coalesce(sum(${textSize('row')}), 0) FROM texts AS row WHERE row.t = head.n);
  CREATE INDEX transcripts_by_bytes ON transcripts (owner, bytes);
  ${createByteTriggers('sentences', firstSentenceSize)}
  ${createByteTriggers('notes', noteSize)}
  ${createByteTriggers('texts', textSize)}
  CREATE TRIGGER transcripts_bytes_added AFTER INSERT ON transcripts BEGIN
    UPDATE transcripts SET bytes = bytes + ${headSize('new')} WHERE n = new.n;
  END;
  CREATE TRIGGER transcripts_bytes_changed AFTER UPDATE OF title, speakers, summary ON transcripts BEGIN
    UPDATE transcripts SET bytes = bytes + ${headSize('new')} - (${headSize('old')}) WHERE n = new.n;
  END;
  `,
  `
  ALTER TABLE sentences ADD COLUMN revised TEXT;
  ALTER TABLE sentences ADD COLUMN revised_words TEXT;
  DROP TRIGGER sentences_bytes_added;
  DROP TRIGGER sentences_bytes_removed;
  DROP TRIGGER sentences_bytes_changed;
  ${createByteTriggers('sentences', sentenceSize)}
  `,
  `
  -- Kept audio: Opus packets of a channel of a session, from the sample "at" up to "until".
  CREATE TABLE audio (
    t INTEGER NOT NULL, part INTEGER NOT NULL, channel INTEGER NOT NULL,
    at INTEGER NOT NULL, until INTEGER NOT NULL, packets BLOB NOT NULL,
    PRIMARY KEY (t, part, channel, at)
  );
  ${createByteTriggers('audio', audioSize)}
  `,
];

/** Settings of every connection. `auto_vacuum` only works on a file that is still empty, so it comes first. */
export const PRAGMAS = (sync: 'always' | 'never'): readonly string[] => [
  'PRAGMA auto_vacuum = INCREMENTAL',
  'PRAGMA journal_mode = WAL',
  `PRAGMA synchronous = ${sync === 'always' ? 'FULL' : 'NORMAL'}`,
  // Deleted content is overwritten, not merely unlinked.
  'PRAGMA secure_delete = ON',
  'PRAGMA journal_size_limit = 4194304',
  'PRAGMA busy_timeout = 200',
];

/** The file was written by a later version. */
export class NewerSchemaError extends Error {}

/** Migrates a file to the current version, each step completely or not at all. */
export function migrateSchema(database: Database): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > MIGRATIONS.length) throw new NewerSchemaError(`version ${version}`);
  for (let index = version; index < MIGRATIONS.length; index++) {
    inTransaction(database, () => {
      database.exec(MIGRATIONS[index]!);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}

/** Throws what SQLite throws for a broken file. An index that does not match its texts is rebuilt. */
export function checkIntegrity(database: Database): void {
  const quickCheck = (): string =>
    (database.prepare('PRAGMA quick_check(1)').get() as { readonly quick_check: string }).quick_check;
  if (/FTS5/.test(quickCheck())) inTransaction(database, () => database.exec(REBUILD_INDEX));
  const problem = quickCheck();
  if (problem !== 'ok') throw Object.assign(new Error(problem), { code: 'SQLITE_CORRUPT' });
}

/** Runs `work` completely or not at all. */
export function inTransaction<T>(database: Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // A full disk may have rolled it back already; the first error says what happened.
    }
    throw error;
  }
}

/** SQLite ends a text at its first NUL; the rest must not be lost. */
export const stripNul = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
