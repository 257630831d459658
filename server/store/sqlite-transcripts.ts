import { randomUUID } from 'node:crypto';
import {
  LIMITS,
  type NoteChange,
  SENTENCE_NAME,
  type SentenceChange,
  type Summary,
  type TranscriptChange,
} from '../../protocol/index.ts';
import type { ExportFormat, TextForm } from '../../transcript/index.ts';
import type {
  AudioChunk,
  AudioClip,
  AudioOutcome,
  AudioRange,
  AudioStream,
  ChangeOutcome,
  ClipRange,
  ExportFile,
  Hearing,
  LastModified,
  ListPage,
  ListRequest,
  SampleRange,
  TranscriptAddition,
  TranscriptBounds,
  TranscriptCalls,
  TranscriptPlace,
} from '../ports/transcripts.ts';
import type { OpusCodec } from './opus-codec.ts';
import { SentenceTable } from './sentence-table.ts';
import { TranscriptAudio } from './transcript-audio.ts';
import { BoundExceededError, isBoundReached, runWithinBounds } from './transcript-bounds.ts';
import { renderExport, renderTranscriptJson } from './transcript-files.ts';
import {
  eraseInSteps,
  expireInSteps,
  hasUnfinishedRemoval,
  hideTranscript,
  runAllSteps,
  sweepInSteps,
} from './transcript-removal.ts';
import { buildSearchText, listRows, readRows, readWords } from './transcript-rows.ts';
import { cacheStatements, type Database, inTransaction, type PrepareStatement, stripNul } from './transcript-schema.ts';

export interface SqliteOptions {
  readonly nowMs: () => number;
  /** Unbounded by default. */
  readonly bounds?: TranscriptBounds | undefined;
  /** Undefined when no audio can be encoded. */
  readonly codec?: OpusCodec | undefined;
}

/** Share of the bounds that audio may fill up to: the text of sessions is worth more, and takes little. */
const AUDIO_SHARE = 0.9;

/** Stores transcripts in one SQLite file. */
export class SqliteTranscripts implements TranscriptCalls {
  readonly #database: Database;
  readonly #nowMs: () => number;
  readonly #bounds: TranscriptBounds;
  readonly #prepare: PrepareStatement;
  readonly #audio: TranscriptAudio;
  readonly #sentences: SentenceTable;

  /** `database` must have this store's schema. */
  constructor(database: Database, { nowMs, bounds = { bytesMax: 0, bytesPerOwnerMax: 0 }, codec }: SqliteOptions) {
    this.#database = database;
    this.#prepare = cacheStatements(database);
    this.#nowMs = nowMs;
    this.#bounds = bounds;
    this.#audio = new TranscriptAudio(this.#prepare, codec);
    this.#sentences = new SentenceTable(this.#prepare);
  }

  create(owner: string, { title, startedMs }: { readonly title: string; readonly startedMs: number }) {
    const create = (): { readonly id: string } | 'full' => {
      const { count } = this.#get<{ count: number }>(
        'SELECT count(*) AS count FROM transcripts WHERE owner = ?',
        owner,
      )!;
      if (count >= LIMITS.transcriptsMax) return 'full';
      const id = randomUUID();
      const { lastInsertRowid } = this.#run(
        'INSERT INTO transcripts (id, owner, title, started_ms, changed_ms) VALUES (?, ?, ?, ?, ?)',
        ...[id, owner, title, startedMs, this.#nowMs()],
      );
      this.#sentences.index(Number(lastInsertRowid), 't', title);
      return { id };
    };
    return this.#runWithinBounds(owner, create);
  }

  join(owner: string, transcript: string, session: string): TranscriptPlace | 'unknown' | 'full' {
    return inTransaction(this.#database, () => {
      const t = this.#findRowNumber(owner, transcript);
      if (t === undefined) return 'unknown';
      const { part, atMs } = this.#get<{ part: number; atMs: number }>(
        'SELECT count(*) + 1 AS part, coalesce(max(at_ms + audio_ms), 0) AS atMs FROM parts WHERE t = ?',
        t,
      )!;
      if (part > LIMITS.partsMax) return 'full';
      this.#run('INSERT INTO parts (t, part, session, at_ms) VALUES (?, ?, ?, ?)', t, part, session, atMs);
      this.#touch(t);
      return { transcript, part, atMs };
    });
  }

  undoJoin({ transcript, part }: TranscriptPlace): void {
    inTransaction(this.#database, () => {
      const t = this.#get<{ n: number }>('SELECT n FROM transcripts WHERE id = ?', transcript)?.n;
      const empty = 'audio_ms = 0 AND NOT EXISTS (SELECT 1 FROM sentences WHERE t = ?1 AND part >= ?2)';
      // A part in the middle stays, because its number is never given to another session.
      const last = 'NOT EXISTS (SELECT 1 FROM parts WHERE t = ?1 AND part > ?2)';
      if (t === undefined) return;
      const { changes } = this.#run(`DELETE FROM parts WHERE t = ?1 AND part = ?2 AND ${empty} AND ${last}`, t, part);
      if (changes === 0) return;
      this.#run('DELETE FROM audio WHERE t = ? AND part = ?', t, part);
      this.#audio.drop(t, part);
    });
  }

  add({ transcript, part }: TranscriptPlace, additions: readonly TranscriptAddition[]): ChangeOutcome {
    const row = this.#get<{ n: number; owner: string; sentences: number }>(
      'SELECT n, owner, sentences FROM transcripts WHERE id = ?',
      transcript,
    );
    if (row === undefined) return 'unknown';
    // Checked first, because a whole session may retry again and again, and each write would only be undone.
    if (additions.some(({ kind }) => kind === 'final') && isBoundReached(this.#bounds, this.#prepare, row.owner))
      return 'space';
    return this.#runWithinBounds(row.owner, () => {
      let room = LIMITS.sentencesMax - row.sentences;
      let outcome: ChangeOutcome = 'done';
      for (const addition of additions) {
        if (addition.kind === 'final') {
          const added = this.#sentences.add(row.n, part, addition, room);
          if (added === 'full') outcome = 'full';
          else room -= added;
        } else this.#sentences.revise(row.n, part, addition);
      }
      const added = LIMITS.sentencesMax - row.sentences - room;
      this.#run(
        'UPDATE transcripts SET sentences = sentences + ?, changed_ms = ? WHERE n = ?',
        added,
        this.#nowMs(),
        row.n,
      );
      return outcome;
    });
  }

  addAudio({ transcript, part }: TranscriptPlace, chunk: AudioChunk): AudioOutcome {
    const row = this.#get<{ n: number; owner: string }>('SELECT n, owner FROM transcripts WHERE id = ?', transcript);
    if (row === undefined) return 'unknown';
    const outcome = this.#runWithinBounds(row.owner, () => this.#audio.add(row.n, part, chunk), AUDIO_SHARE);
    if (outcome === 'space') this.#audio.drop(row.n, part);
    return outcome;
  }

  readAudio(owner: string, transcript: string, stream: AudioStream, range: AudioRange) {
    const t = this.#findRowNumber(owner, transcript);
    return t === undefined ? undefined : this.#audio.readPages({ t, ...stream }, range);
  }

  readAudioClip(owner: string, transcript: string, stream: AudioStream, range: ClipRange): AudioClip | undefined {
    const place = this.#get<{ t: number; atMs: number }>(
      `SELECT parts.t, at_ms AS atMs FROM parts JOIN transcripts ON transcripts.n = parts.t
       WHERE id = ? AND owner = ? AND part = ?`,
      ...[transcript, owner, stream.part],
    );
    if (place === undefined) return undefined;
    const { t, atMs } = place;
    const clip = this.#audio.readClip({ t, ...stream }, { fromMs: range.fromMs - atMs, toMs: range.toMs - atMs });
    return clip?.kind === 'outside' ? { ...clip, fromMs: clip.fromMs + atMs, toMs: clip.toMs + atMs } : clip;
  }

  readSamples(owner: string, transcript: string, stream: AudioStream, range: SampleRange): Float32Array | undefined {
    const t = this.#findRowNumber(owner, transcript);
    return t === undefined ? undefined : this.#audio.readSamples({ t, ...stream }, range);
  }

  list(owner: string, request: ListRequest): ListPage {
    return listRows(this.#prepare, owner, request);
  }

  read(owner: string, transcript: string) {
    return readRows(this.#prepare, owner, transcript);
  }

  readWords(owner: string, transcript: string, hearing: Hearing = 'first') {
    return readWords(this.#prepare, { owner, transcript, hearing });
  }

  readJson(owner: string, transcript: string): Uint8Array | undefined {
    return renderTranscriptJson(this.read(owner, transcript));
  }

  export(owner: string, transcript: string, format: ExportFormat, form?: TextForm): ExportFile | undefined {
    return renderExport(format, form, {
      transcript: this.read(owner, transcript),
      words: this.readWords(owner, transcript, 'first'),
      revisedWords: this.readWords(owner, transcript, 'revised'),
    });
  }

  update(owner: string, transcript: string, { title, speakers }: TranscriptChange): ChangeOutcome {
    return this.#changeTranscript(owner, transcript, (t) => {
      if (title !== undefined) {
        this.#run('UPDATE transcripts SET title = ? WHERE n = ?', title, t);
        this.#sentences.index(t, 't', title);
      }
      if (speakers !== undefined)
        this.#run('UPDATE transcripts SET speakers = ? WHERE n = ?', JSON.stringify(speakers), t);
      return 'done';
    });
  }

  updateSentence(owner: string, transcript: string, name: string, change: SentenceChange): ChangeOutcome {
    const { correction, highlight } = change;
    const [, part, channel, sentence] = (SENTENCE_NAME.exec(name) ?? []).map(Number);
    return this.#changeTranscript(owner, transcript, (t) => {
      const where = [t, part, channel, sentence] as const;
      if (part === undefined || this.#sentences.read(...where) === undefined) return 'unknown';
      const set = (column: string, value: unknown): unknown =>
        this.#run(
          `UPDATE sentences SET ${column} = ? WHERE t = ? AND part = ? AND channel = ? AND sentence = ?`,
          value,
          ...where,
        );
      if (correction !== undefined) set('correction', correction);
      if (highlight !== undefined) set('highlight', highlight ? 1 : 0);
      this.#sentences.index(t, `s${name}`, buildSearchText(this.#sentences.read(...where)!));
      return 'done';
    });
  }

  saveNote(owner: string, transcript: string, id: string, { atMs, text }: NoteChange): ChangeOutcome {
    return this.#changeTranscript(owner, transcript, (t) => {
      const known = this.#get('SELECT 1 AS known FROM notes WHERE t = ? AND id = ?', t, id) !== undefined;
      if (!known) {
        const { notes } = this.#get<{ notes: number }>('SELECT notes FROM transcripts WHERE n = ?', t)!;
        if (notes >= LIMITS.notesMax) return 'full';
        this.#run('UPDATE transcripts SET notes = notes + 1 WHERE n = ?', t);
      }
      this.#run(
        // REPLACE would remove the row without its trigger, so it would stay counted.
        `INSERT INTO notes (t, id, at_ms, text) VALUES (?, ?, ?, ?)
         ON CONFLICT (t, id) DO UPDATE SET at_ms = excluded.at_ms, text = excluded.text`,
        ...[t, id, atMs, text],
      );
      this.#sentences.index(t, `n${id}`, text);
      return 'done';
    });
  }

  deleteNote(owner: string, transcript: string, id: string): ChangeOutcome {
    return runAllSteps(this.deleteNoteInSteps(owner, transcript, id));
  }

  /** `deleteNote` in steps, like `removeInSteps`. */
  *deleteNoteInSteps(owner: string, transcript: string, id: string): Generator<void, ChangeOutcome> {
    const outcome = this.#changeTranscript(owner, transcript, (t) => {
      if (this.#run('DELETE FROM notes WHERE t = ? AND id = ?', t, id).changes === 0) return 'unknown';
      this.#run('UPDATE transcripts SET notes = notes - 1 WHERE n = ?', t);
      this.#run('DELETE FROM texts WHERE t = ? AND place = ?', t, `n${id}`);
      return 'done';
    });
    if (outcome === 'done') yield* sweepInSteps(this.#prepare);
    return outcome;
  }

  saveSummary(owner: string, transcript: string, summary: Summary): ChangeOutcome {
    return this.#changeTranscript(owner, transcript, (t) => {
      this.#run('UPDATE transcripts SET summary = ? WHERE n = ?', JSON.stringify(summary), t);
      return 'done';
    });
  }

  remove(owner: string, transcript: string): ChangeOutcome {
    return runAllSteps(this.removeInSteps(owner, transcript));
  }

  /**
   * `remove` in steps, between which other calls may run. The transcript is hidden from everyone after the first step.
   */
  *removeInSteps(owner: string, transcript: string): Generator<void, ChangeOutcome> {
    const outcome = inTransaction(this.#database, () => {
      const t = this.#findRowNumber(owner, transcript);
      if (t === undefined) return 'unknown';
      hideTranscript(this.#prepare, t);
      return 'done';
    });
    if (outcome === 'done') yield* this.eraseInSteps();
    return outcome;
  }

  removeEmpty(owner: string, transcript: string): void {
    runAllSteps(this.removeEmptyInSteps(owner, transcript));
  }

  *removeEmptyInSteps(owner: string, transcript: string): Generator<void, void> {
    const { empty } = this.#get<{ empty: number }>(
      `SELECT count(*) AS empty FROM transcripts WHERE id = ? AND owner = ? AND sentences = 0 AND notes = 0`,
      ...[transcript, owner],
    )!;
    if (empty === 1) yield* this.removeInSteps(owner, transcript);
  }

  listChangedOutside(beforeMs: number, afterMs: number): readonly LastModified[] {
    return this.#prepare(
      'SELECT id, changed_ms AS changedMs FROM transcripts WHERE changed_ms < ? OR changed_ms > ?',
    ).all(beforeMs, afterMs) as LastModified[];
  }

  expire(candidates: readonly LastModified[]): number {
    return runAllSteps(this.expireInSteps(candidates));
  }

  *expireInSteps(candidates: readonly LastModified[]): Generator<void, number> {
    return yield* expireInSteps(this.#database, this.#prepare, candidates);
  }

  /** Whether an earlier process ended in the middle of a removal. */
  get hasUnfinishedRemoval(): boolean {
    return hasUnfinishedRemoval(this.#prepare);
  }

  /** Finishes every removal. */
  *eraseInSteps(): Generator<void, void> {
    yield* eraseInSteps(this.#database, this.#prepare);
  }

  readSetting(owner: string, name: string): string | undefined {
    return this.#get<{ value: string }>('SELECT value FROM settings WHERE owner = ? AND name = ?', owner, name)?.value;
  }

  writeSetting(owner: string, name: string, value: string | undefined): void {
    if (value === undefined) this.#run('DELETE FROM settings WHERE owner = ? AND name = ?', owner, name);
    else this.#run('INSERT OR REPLACE INTO settings (owner, name, value) VALUES (?, ?, ?)', owner, name, value);
  }

  close(): void {
    try {
      this.#prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
    } catch {
      // On a full disk everything is in the write-ahead file all the same.
    }
    this.#database.close();
  }

  /** Runs `work` completely, or not at all if it would exceed a bound, of which it may use a share. */
  #runWithinBounds<T>(owner: string, work: () => T, share = 1): T | 'space' {
    const { bytesMax, bytesPerOwnerMax } = this.#bounds;
    const bounds = { bytesMax: share * bytesMax, bytesPerOwnerMax: share * bytesPerOwnerMax };
    try {
      return inTransaction(this.#database, () => runWithinBounds(bounds, this.#prepare, owner, work));
    } catch (error) {
      if (error instanceof BoundExceededError) return 'space';
      throw error;
    }
  }

  #changeTranscript(owner: string, transcript: string, change: (t: number) => ChangeOutcome): ChangeOutcome {
    return this.#runWithinBounds(owner, () => {
      const t = this.#findRowNumber(owner, transcript);
      if (t === undefined) return 'unknown';
      this.#touch(t);
      return change(t);
    });
  }

  #findRowNumber(owner: string, transcript: string): number | undefined {
    return this.#get<{ n: number }>('SELECT n FROM transcripts WHERE id = ? AND owner = ?', transcript, owner)?.n;
  }

  #touch(t: number): void {
    this.#run('UPDATE transcripts SET changed_ms = ? WHERE n = ?', this.#nowMs(), t);
  }

  #run(sql: string, ...values: readonly unknown[]) {
    return this.#prepare(sql).run(...values.map(stripNul));
  }

  #get<T>(sql: string, ...values: readonly unknown[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }
}
