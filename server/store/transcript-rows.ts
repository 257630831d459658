import type { StoredAudio, StoredSentence, StoredTranscript, Summary, WireWord } from '../../protocol/index.ts';
import { formatSentenceName, getSentenceText } from '../../transcript/index.ts';
import { samplesToMs } from '../core/time.ts';
import { findSnippet, foldText } from '../core/transcript/search-text.ts';
import type { Hearing, ListPage, ListRequest, TranscriptAddition } from '../ports/transcripts.ts';
import type { PrepareStatement } from './transcript-schema.ts';

export interface SentenceRow {
  readonly part: number;
  readonly channel: number;
  readonly sentence: number;
  readonly text: string;
  readonly revised: string | null;
  readonly cleaned: string | null;
  readonly correction: string | null;
  readonly translations: string | null;
  readonly highlight: number;
  readonly language: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly words: string;
  readonly revised_words: string | null;
}

interface HeadRow {
  readonly n: number;
  readonly id: string;
  readonly title: string;
  readonly started_ms: number;
  readonly sentences: number;
  readonly duration_ms: number;
  readonly language: string;
  readonly speakers: string;
  readonly summary: string | null;
}

const HEAD_SELECT = `
  SELECT transcripts.*, coalesce((SELECT max(at_ms + audio_ms) FROM parts WHERE t = transcripts.n), 0) AS duration_ms
  FROM transcripts`;

/** The trigram index holds pieces of three characters; shorter words are searched for in each text. */
const INDEXED_CHARS_MIN = 3;
/** How many pieces of one word are looked up in the index. */
const PIECES_MAX = 12;

type RowForms = Pick<SentenceRow, 'text' | 'revised' | 'cleaned' | 'correction' | 'translations'>;
type RowChange = Partial<Pick<SentenceRow, 'revised' | 'revised_words' | 'cleaned' | 'translations'>>;

/** What an addition changes in the row of its sentence. The same addition a second time changes nothing. */
export function computeRowChange(
  row: RowForms,
  addition: Extract<TranscriptAddition, { kind: 'revised' | 'unrevised' | 'cleaned' | 'translated' }>,
): RowChange {
  if (addition.kind === 'unrevised')
    return row.revised === null ? {} : { revised: null, revised_words: null, cleaned: null };
  const { text } = addition;
  switch (addition.kind) {
    case 'revised':
      // The cleaning so far is one of other words.
      return text === row.revised ? {} : { revised: text, revised_words: formatWords(addition.words), cleaned: null };
    case 'cleaned':
      // One of the first words that comes behind the revision is too late.
      return (addition.revised === true) === (row.revised !== null) ? { cleaned: text } : {};
    case 'translated':
      return { translations: JSON.stringify({ ...JSON.parse(row.translations ?? '{}'), [addition.language]: text }) };
  }
}

/** The searchable text of a sentence, each form once. */
export function buildSearchText(row: RowForms): string {
  return listForms(row).join('\n');
}

function listForms({ text, revised, cleaned, correction, translations }: RowForms): string[] {
  const translated = Object.values(JSON.parse(translations ?? '{}') as Record<string, string>);
  const forms = [correction, cleaned, revised, text, ...translated].filter((form) => form !== null && form !== '');
  return [...new Set(forms as string[])];
}

export function listRows(prepare: PrepareStatement, owner: string, { words, limit, before }: ListRequest): ListPage {
  const conditions = words.map((word) =>
    isIndexed(word)
      ? 'n IN (SELECT texts.t FROM search JOIN texts ON texts.id = search.rowid WHERE search MATCH ? AND instr(texts.folded, ?) > 0)'
      : 'EXISTS (SELECT 1 FROM texts WHERE texts.t = n AND instr(texts.folded, ?) > 0)',
  );
  const values = words.flatMap((word) => (isIndexed(word) ? [buildIndexQuery(word), word] : [word]));
  const [startedMs = Number.NaN, n = Number.NaN] = (before ?? '').split('.').map(Number);
  const older = before === undefined ? [] : ['(started_ms < ? OR (started_ms = ? AND n < ?))'];
  const where = ['owner = ?', ...older, ...conditions].join(' AND ');
  const rows = prepare(`${HEAD_SELECT} WHERE ${where} ORDER BY started_ms DESC, n DESC LIMIT ?`).all(
    owner,
    ...(before === undefined ? [] : [startedMs, startedMs, n]),
    ...values,
    limit + 1,
  ) as HeadRow[];
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    transcripts: page.map((row) => ({ ...toHead(row), sentences: row.sentences, ...findHit(prepare, row, words) })),
    next: rows.length > limit && last !== undefined ? `${last.started_ms}.${last.n}` : undefined,
  };
}

export function readRows(prepare: PrepareStatement, owner: string, transcript: string): StoredTranscript | undefined {
  const head = prepare(`${HEAD_SELECT} WHERE id = ? AND owner = ?`).get(transcript, owner) as HeadRow | undefined;
  if (head === undefined) return undefined;
  const rows = prepare('SELECT * FROM sentences WHERE t = ? ORDER BY from_ms, part, channel, sentence').all(
    head.n,
  ) as SentenceRow[];
  const notes = prepare('SELECT id, at_ms, text FROM notes WHERE t = ? ORDER BY at_ms, id').all(head.n) as {
    readonly id: string;
    readonly at_ms: number;
    readonly text: string;
  }[];
  return {
    ...toHead(head),
    language: head.language,
    speakers: JSON.parse(head.speakers) as Record<string, string>,
    sentences: rows.map(toSentence),
    notes: notes.map(({ id, at_ms, text }) => ({ id, atMs: at_ms, text })),
    ...(head.summary === null ? {} : { summary: JSON.parse(head.summary) as Summary }),
    ...readStreams(prepare, head.n),
  };
}

/** The audio that is kept, by part and channel. */
function readStreams(prepare: PrepareStatement, t: number): { readonly audio?: StoredAudio[] } {
  const rows = prepare(
    `SELECT audio.part, channel, at_ms AS fromMs, max(until) AS samples FROM audio
     JOIN parts ON parts.t = audio.t AND parts.part = audio.part
     WHERE audio.t = ? GROUP BY audio.part, channel ORDER BY audio.part, channel`,
  ).all(t) as (Omit<StoredAudio, 'durationMs'> & { readonly samples: number })[];
  const audio = rows.map(({ samples, ...stream }) => ({ ...stream, durationMs: samplesToMs(samples) }));
  return audio.length === 0 ? {} : { audio };
}

export function readWords(
  prepare: PrepareStatement,
  { owner, transcript, hearing }: { readonly owner: string; readonly transcript: string; readonly hearing: Hearing },
): ReadonlyMap<string, readonly WireWord[]> | undefined {
  const head = prepare(`${HEAD_SELECT} WHERE id = ? AND owner = ?`).get(transcript, owner) as HeadRow | undefined;
  if (head === undefined) return undefined;
  const column = hearing === 'first' ? 'words' : 'revised_words';
  const rows = prepare(
    `SELECT part, channel, sentence, ${column} AS words FROM sentences WHERE t = ? AND ${column} IS NOT NULL`,
  ).all(head.n);
  return new Map((rows as SentenceRow[]).map((row) => [formatSentenceName(row), parseWords(row)]));
}

/**
 * Builds the query for the index: some pieces of the word, each by itself. Looking them up as a phrase takes the index
 * minutes when a text repeats them; `instr` on the text then checks that they stand together.
 */
function buildIndexQuery(word: string): string {
  const characters = [...word];
  const pieces = new Set<string>();
  for (let start = 0; start + INDEXED_CHARS_MIN <= characters.length && pieces.size < PIECES_MAX; start++)
    pieces.add(characters.slice(start, start + INDEXED_CHARS_MIN).join(''));
  return [...pieces].map((piece) => `"${piece.replaceAll('"', '""')}"`).join(' AND ');
}

const isIndexed = (word: string): boolean => [...word].length >= INDEXED_CHARS_MIN;

function toHead({ id, title, started_ms, duration_ms }: HeadRow) {
  return { id, title, startedAt: new Date(started_ms).toISOString(), durationMs: duration_ms };
}

function toSentence(row: SentenceRow): StoredSentence {
  const { part, channel, sentence, text, revised, cleaned, correction, translations, language } = row;
  return {
    ...{
      part,
      channel,
      sentence,
      text,
      highlight: row.highlight === 1,
      language,
      fromMs: row.from_ms,
      toMs: row.to_ms,
    },
    ...(revised === null ? {} : { revised }),
    ...(cleaned === null ? {} : { cleaned }),
    ...(correction === null ? {} : { correction }),
    ...(translations === null ? {} : { translations: JSON.parse(translations) as Record<string, string> }),
  };
}

function parseWords({ words }: SentenceRow): WireWord[] {
  const rows = JSON.parse(words) as [text: string, fromMs: number, toMs: number, confidence: number][];
  return rows.map(([text, fromMs, toMs, confidence]) => ({ text, fromMs, toMs, confidence }));
}

export const formatWords = (words: readonly WireWord[]): string =>
  JSON.stringify(words.map(({ text, fromMs, toMs, confidence }) => [text, fromMs, toMs, confidence]));

/** The first text that has all words, otherwise the longest of them, with the surrounding snippet. */
function findHit(prepare: PrepareStatement, { n }: HeadRow, words: readonly string[]) {
  if (words.length === 0) return {};
  const longest = [...words].sort((a, b) => b.length - a.length)[0]!;
  const find = (wanted: readonly string[]): string | undefined => {
    const all = wanted.map(() => 'instr(folded, ?) > 0').join(' AND ');
    const row = prepare(`SELECT place FROM texts WHERE t = ? AND ${all} ORDER BY id LIMIT 1`).get(n, ...wanted);
    return (row as { readonly place: string } | undefined)?.place;
  };
  const place = find(words) ?? find([longest]);
  if (place === undefined) return {};
  const { text, found } = readTextAt(prepare, n, place, longest);
  return { snippet: findSnippet(text, words) ?? text, found };
}

function readTextAt(prepare: PrepareStatement, n: number, place: string, word: string) {
  const name = place.slice(1);
  if (place.startsWith('n')) {
    const { text } = prepare('SELECT text FROM notes WHERE t = ? AND id = ?').get(n, name) as { text: string };
    return { text, found: { note: name } };
  }
  if (place.startsWith('s')) {
    const row = prepare('SELECT * FROM sentences WHERE t = ? AND part = ? AND channel = ? AND sentence = ?').get(
      n,
      ...name.split('.').map(Number),
    ) as SentenceRow;
    const text = listForms(row).find((form) => foldText(form).includes(word)) ?? getSentenceText(toSentence(row));
    return { text, found: { sentence: name } };
  }
  const { title } = prepare('SELECT title FROM transcripts WHERE n = ?').get(n) as { title: string };
  return { text: title, found: {} };
}
