import { foldText } from '../core/transcript/search-text.ts';
import type { TranscriptAddition } from '../ports/transcripts.ts';
import { buildSearchText, computeRowChange, formatWords, type SentenceRow } from './transcript-rows.ts';
import { type PrepareStatement, stripNul } from './transcript-schema.ts';

/** The sentences of all transcripts, and the index in which they, titles and notes are found. */
export class SentenceTable {
  readonly #prepare: PrepareStatement;

  constructor(prepare: PrepareStatement) {
    this.#prepare = prepare;
  }

  /** Returns how many sentences were added, 0 or 1. */
  add(
    t: number,
    part: number,
    addition: Extract<TranscriptAddition, { kind: 'final' }>,
    room: number,
  ): number | 'full' {
    const { channel, sentence, text, language, fromMs, toMs } = addition;
    if (this.read(t, part, channel, sentence) !== undefined) return 0;
    if (room <= 0) return 'full';
    this.#run(
      'INSERT INTO sentences (t, part, channel, sentence, text, language, from_ms, to_ms, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[t, part, channel, sentence, text, language, fromMs, toMs, formatWords(addition.words)],
    );
    this.#run("UPDATE transcripts SET language = ? WHERE n = ? AND language = ''", language, t);
    this.#run('UPDATE parts SET audio_ms = max(audio_ms, ? - at_ms) WHERE t = ? AND part = ?', toMs, t, part);
    this.index(t, `s${part}.${channel}.${sentence}`, text);
    return 1;
  }

  /** Changes a sentence that is there, or the length of its part. */
  revise(t: number, part: number, addition: Exclude<TranscriptAddition, { kind: 'final' }>): void {
    if (addition.kind === 'audio') {
      this.#run('UPDATE parts SET audio_ms = max(audio_ms, ?) WHERE t = ? AND part = ?', addition.audioMs, t, part);
      return;
    }
    const { channel, sentence } = addition;
    const where = [t, part, channel, sentence] as const;
    const row = this.read(...where);
    if (row === undefined) return;
    const change = computeRowChange(row, addition);
    const columns = Object.keys(change);
    if (columns.length === 0) return;
    this.#run(
      `UPDATE sentences SET ${columns.map((column) => `${column} = ?`).join(', ')}
       WHERE t = ? AND part = ? AND channel = ? AND sentence = ?`,
      ...Object.values(change),
      ...where,
    );
    this.index(t, `s${part}.${channel}.${sentence}`, buildSearchText({ ...row, ...change }));
  }

  read(...where: readonly (number | undefined)[]): SentenceRow | undefined {
    return this.#get<SentenceRow>(
      'SELECT * FROM sentences WHERE t = ? AND part = ? AND channel = ? AND sentence = ?',
      ...where,
    );
  }

  /** Makes a text searchable in place of the one before. */
  index(t: number, place: string, text: string): void {
    const folded = foldText(text);
    const known = this.#get<{ folded: string }>('SELECT folded FROM texts WHERE t = ? AND place = ?', t, place);
    if (known === undefined) this.#run('INSERT INTO texts (t, place, folded) VALUES (?, ?, ?)', t, place, folded);
    else if (known.folded !== folded)
      this.#run('UPDATE texts SET folded = ? WHERE t = ? AND place = ?', folded, t, place);
  }

  #run(sql: string, ...values: readonly unknown[]): void {
    this.#prepare(sql).run(...values.map(stripNul));
  }

  #get<T>(sql: string, ...values: readonly unknown[]): T | undefined {
    return this.#prepare(sql).get(...values) as T | undefined;
  }
}
