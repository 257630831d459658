import { chooseSeparator } from '../../../../transcript/index.ts';
import { type CommandLanguage, toSpokenKey } from './language.ts';
import type { SpokenPiece } from './spoken.ts';

/** A change to the text before the cursor: remove this many characters, then insert the text. */
export interface Edit {
  readonly remove: number;
  readonly text: string;
}

/** An edit, and the names of the sentences that it removed. */
export type PlacedEdit = Edit & { readonly removed: readonly string[] };

export interface FieldSettings {
  readonly language: CommandLanguage;
  /** What a line break becomes: itself, or a space where it would execute a command. */
  readonly newline: 'keep' | 'space';
  /** Whether inserted text may change to fit what is said next, such as `.` to `?`. Spoken removals always may. */
  readonly revise: 'may' | 'never';
}

/** One entry for the field. */
export interface FieldEntry {
  /** Name of the sentence; entries of the same sentence are undone together. */
  readonly sentence: string;
  readonly pieces: readonly SpokenPiece[];
  /** The spoken words, if `pieces` are cleaned ones. */
  readonly raw?: readonly SpokenPiece[] | undefined;
}

interface Insertion {
  readonly sentence: string;
  readonly before: string;
  /** Names of the sentences that this removed, which cannot be removed again. */
  readonly removedSentences: readonly string[];
  /** The whole content with this insertion as spoken, while undo can still restore it. */
  raw: string | undefined;
}

/** How the next words join what is there. */
interface Join {
  readonly glue: boolean;
  readonly capital: boolean;
  readonly lower: boolean;
  readonly marked: boolean;
}

const PLAIN: Join = { glue: false, capital: false, lower: false, marked: false };
const CONTENT_MAX = 20_000;
const INSERTIONS_MAX = 200;
const MARKS = /[,.;:!?…]+$/;

/** Model of the text that we inserted before the cursor of one window. The real content of the window is never read. */
export class Field {
  readonly #settings: FieldSettings;
  readonly #insertions: Insertion[] = [];
  #content = '';
  #join = PLAIN;

  constructor(settings: FieldSettings) {
    this.#settings = settings;
  }

  get content(): string {
    return this.#content;
  }

  /** A copy with the same text and other settings. */
  with(settings: FieldSettings): Field {
    const next = new Field(settings);
    next.#content = this.#content;
    next.#join = this.#join;
    next.#insertions.push(...this.#insertions.map((each) => ({ ...each })));
    return next;
  }

  /** Appends an entry. Returns the edit that does the same in the window. */
  place({ sentence, pieces, raw }: FieldEntry): PlacedEdit {
    const before = this.#content;
    const next = this.#compose(before, pieces);
    const spoken = raw === undefined ? undefined : this.#compose(before, raw).content;
    this.#join = next.join;
    const top = this.#insertions.at(-1);
    if (next.gone.length > 0)
      this.#insertions.push({ sentence: `${sentence} gone`, before, removedSentences: next.gone, raw: undefined });
    else if (next.content !== before && top?.sentence !== sentence)
      this.#insertions.push({
        sentence,
        before,
        removedSentences: [],
        raw: spoken === next.content ? undefined : spoken,
      });
    if (this.#insertions.length > INSERTIONS_MAX) this.#insertions.shift();
    return { ...this.#setContent(next.content), removed: next.gone };
  }

  /** Undoes the last insertion: restores the spoken words first, and then removes them. Undefined when there is none. */
  undo(): (PlacedEdit & { readonly outcome: 'raw' | 'gone' }) | undefined {
    const top = this.#insertions.at(-1);
    if (top === undefined) return undefined;
    this.#join = PLAIN;
    if (top.raw !== undefined) {
      const spoken = top.raw;
      top.raw = undefined;
      return { ...this.#setContent(spoken), removed: [], outcome: 'raw' };
    }
    this.#insertions.pop();
    return {
      ...this.#setContent(top.before),
      removed: top.removedSentences.length > 0 ? [] : [top.sentence],
      outcome: 'gone',
    };
  }

  #setContent(content: string): Edit {
    const edit = computeEdit(this.#content, content);
    this.#content = content;
    if (content.length > CONTENT_MAX) {
      this.#content = content.slice(-CONTENT_MAX / 2);
      this.#insertions.length = 0;
    }
    return edit;
  }

  #compose(before: string, pieces: readonly SpokenPiece[]): { content: string; join: Join; gone: string[] } {
    let content = before;
    let base = before;
    let join = this.#join;
    const gone: string[] = [];
    for (const piece of pieces) {
      const floor = this.#settings.revise === 'never' ? base.length : 0;
      if (piece.kind !== 'scratch') {
        ({ content, join } = this.#append({ content, join }, piece, floor));
        continue;
      }
      const kept = removeLastSentence(content, base.length);
      if (kept !== undefined) content = kept;
      else {
        // Sentences that were removed already cannot be removed again.
        const taken = new Set([...gone, ...this.#insertions.flatMap(({ removedSentences: took }) => took)]);
        const last = this.#insertions.findLast(
          ({ sentence, removedSentences: took }) => took.length === 0 && !taken.has(sentence),
        );
        if (last !== undefined) gone.push(last.sentence);
        base = last?.before ?? base;
        content = base;
      }
      join = { ...PLAIN, capital: /(^|[.?!…]\s*|\n)$/.test(content) };
    }
    return { content, join, gone };
  }

  #append(
    { content, join }: { content: string; join: Join },
    piece: Exclude<SpokenPiece, { kind: 'scratch' }>,
    floor: number,
  ): { content: string; join: Join } {
    if (piece.kind === 'break') {
      const kept = join.marked ? content : stripMarks(content, /,$/, floor);
      if (this.#settings.newline === 'space') return { content: kept, join: { ...PLAIN, capital: join.capital } };
      return { content: kept + piece.text, join: { ...PLAIN, capital: join.capital || piece.text === '\n\n' } };
    }
    if (piece.kind === 'mark') return this.#mark({ content, join }, piece, floor);
    const text = piece.kind === 'verbatim' ? this.#adjustBreaks(piece.text) : this.#adjustCase(piece.text, join);
    const space = join.glue || !isSpaced(content, text) ? '' : ' ';
    return { content: content + space + text, join: PLAIN };
  }

  #mark(
    { content, join }: { content: string; join: Join },
    piece: Extract<SpokenPiece, { kind: 'mark' }>,
    floor: number,
  ): { content: string; join: Join } {
    const { text, joins } = piece;
    const marks = piece.closes ? /,$/ : MARKS;
    if (joins === 'right')
      return {
        content: content + (join.glue || !isSpaced(content, 'x') ? '' : ' ') + text,
        join: { ...join, glue: true },
      };
    const kept = join.marked ? content : stripMarks(content, marks, floor);
    // When text may not change, the existing mark stays the only one.
    if (joins === 'left' && piece.closes !== true && !join.marked && MARKS.test(kept)) return { content, join };
    const ended = /[.?!…]$/.test(content);
    const space = joins === 'none' && isSpaced(kept, 'x') ? ' ' : '';
    return {
      content: kept + space + text,
      join: {
        glue: joins === 'both',
        capital: /^[.?!…]/.test(text),
        lower: !/^[.?!…]/.test(text) && piece.closes !== true && (ended || join.lower),
        marked: true,
      },
    };
  }

  #adjustCase(text: string, { capital, lower }: Join): string {
    if (capital) return text.replace(/\p{L}/u, (letter) => letter.toUpperCase());
    const first = /[\p{L}'’]+/u.exec(text)?.[0] ?? '';
    return lower && this.#settings.language.neverNames.has(toSpokenKey(first))
      ? text.replace(first, first.toLowerCase())
      : text;
  }

  #adjustBreaks(text: string): string {
    return this.#settings.newline === 'keep' ? text : text.replace(/\s*\n\s*/g, ' ');
  }
}

function stripMarks(content: string, marks: RegExp, floor: number): string {
  const kept = content.replace(marks, '');
  return kept.length < floor ? content : kept;
}

/** The content without the last sentence after `from`; a recogniser may run several together. Undefined when there is none. */
function removeLastSentence(content: string, from: number): string | undefined {
  const added = content.slice(from);
  if (added.trim() === '') return undefined;
  const end = added.trimEnd().search(/(?<=[.?!…]["')\]]*|\n)(?:(?<=\n)|\s)[^.?!…\n]*[.?!…,;:]*$/);
  return content.slice(0, from + Math.max(0, end));
}

/** Whether a space belongs between the content and what follows. */
function isSpaced(content: string, next: string): boolean {
  if (content === '' || next === '' || /[\s([{“‘¿¡]$/.test(content) || /^\s/.test(next)) return false;
  if (/^[,.;:!?…)\]}%”’、。，！？：；」』）]/.test(next)) return false;
  return chooseSeparator(content, next) !== '';
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Splits a text into the characters that one Backspace removes each. */
export const splitGraphemes = (text: string): string[] => [...graphemes.segment(text)].map(({ segment }) => segment);

function computeEdit(from: string, to: string): Edit {
  // Only the ends differ, so long texts are compared from near their end.
  let same = Math.min(from.length, to.length);
  for (let i = Math.max(0, same - 2 * CONTENT_MAX); i < same; i++) if (from[i] !== to[i]) same = i;
  const start = Math.max(0, same - 64);
  const had = splitGraphemes(from.slice(start));
  const wanted = splitGraphemes(to.slice(start));
  let at = 0;
  while (at < had.length && had[at] === wanted[at]) at++;
  return { remove: had.length - at, text: wanted.slice(at).join('') };
}
