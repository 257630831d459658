import type { LastModified } from '../ports/transcripts.ts';
import { type Database, inTransaction, type PrepareStatement } from './transcript-schema.ts';

/** Rows erased in one step. A search text costs most: its trigrams are removed from the index one by one. */
const TEXTS_PER_STEP = 40;
const ROWS_PER_STEP = 400;
/** The same for kept audio, whose rows are of some kilobytes. */
const AUDIO_ROWS_PER_STEP = 100;
/** Pages freed in one step. */
const PAGES_PER_STEP = 64;

/** Deletes the rows of a transcript, table by table; the most expensive first. */
const DELETIONS: readonly (readonly [sql: string, rows: number])[] = [
  ['DELETE FROM texts WHERE id IN (SELECT id FROM texts WHERE t = ? LIMIT ?)', TEXTS_PER_STEP],
  ['DELETE FROM sentences WHERE rowid IN (SELECT rowid FROM sentences WHERE t = ? LIMIT ?)', ROWS_PER_STEP],
  ['DELETE FROM audio WHERE rowid IN (SELECT rowid FROM audio WHERE t = ? LIMIT ?)', AUDIO_ROWS_PER_STEP],
  ['DELETE FROM notes WHERE t = ?1 AND id IN (SELECT id FROM notes WHERE t = ?1 LIMIT ?2)', ROWS_PER_STEP],
  ['DELETE FROM parts WHERE t = ?1 AND part IN (SELECT part FROM parts WHERE t = ?1 LIMIT ?2)', ROWS_PER_STEP],
];

/** Hides a transcript from everyone, inside the caller's transaction; `eraseInSteps` does the rest. */
export function hideTranscript(prepare: PrepareStatement, t: number): void {
  prepare('INSERT INTO removals (t) VALUES (?)').run(t);
  prepare('DELETE FROM transcripts WHERE n = ?').run(t);
}

/** Whether a removal is unfinished, because its process ended in the middle. */
export function hasUnfinishedRemoval(prepare: PrepareStatement): boolean {
  return prepare('SELECT 1 FROM removals LIMIT 1').get() !== undefined;
}

/**
 * Erases what is hidden, frees its pages and empties the write-ahead file, which still contains what was erased. Every
 * step is a complete transaction; between two of them others may use the file, and the process may end.
 */
export function* eraseInSteps(database: Database, prepare: PrepareStatement): Generator<void, void> {
  for (;;) {
    const hidden = prepare('SELECT t FROM removals LIMIT 1').get() as { readonly t: number } | undefined;
    if (hidden === undefined) break;
    for (const [sql, rows] of DELETIONS) {
      const step = (): boolean => prepare(sql).run(hidden.t, rows).changes === rows;
      while (inTransaction(database, step)) yield;
      yield;
    }
    prepare('DELETE FROM removals WHERE t = ?').run(hidden.t);
  }
  yield* sweepInSteps(prepare);
}

/**
 * Removes the candidates that have not changed since they were listed, one after the other, in steps like those of
 * `eraseInSteps`. Returns how many were removed.
 */
export function* expireInSteps(
  database: Database,
  prepare: PrepareStatement,
  candidates: readonly LastModified[],
): Generator<void, number> {
  let count = 0;
  for (const { id, changedMs } of candidates) {
    const isHidden = inTransaction(database, () => {
      const sql = 'SELECT n FROM transcripts WHERE id = ? AND changed_ms = ?';
      const row = prepare(sql).get(id, changedMs) as { readonly n: number } | undefined;
      if (row !== undefined) hideTranscript(prepare, row.n);
      return row !== undefined;
    });
    if (!isHidden) continue;
    count++;
    yield* eraseInSteps(database, prepare);
  }
  return count;
}

export function* sweepInSteps(prepare: PrepareStatement): Generator<void, void> {
  const countFreePages = (): number =>
    (prepare('PRAGMA freelist_count').get() as { readonly freelist_count: number }).freelist_count;
  for (let left = countFreePages(); left > 0; ) {
    prepare(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`).all();
    yield;
    const now = countFreePages();
    // Pages that cannot be freed now are used by the next transcript.
    if (now >= left) break;
    left = now;
  }
  prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
}

/** Runs all steps at once. */
export function runAllSteps<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
