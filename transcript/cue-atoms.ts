import type { WireWord } from '../protocol/events.ts';
import { toPrintable } from '../protocol/printable.ts';
import { countColumns, splitIntoGraphemes } from './columns.ts';
import { endsSentence, readEnd } from './end-marks.ts';
import { getPhraseCost } from './phrase-cost.ts';

/** A sentence as it is to be read, with its words as they were recognised, which time it. */
export interface SpokenSentence {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly words: readonly Pick<WireWord, 'text' | 'fromMs' | 'toMs'>[];
  /** ISO 639-1 code of the text, by which its abbreviations are known; undefined where it is not known. */
  readonly language?: string | undefined;
}

/** A piece of a sentence that must stay on one line: a word, also in scripts that put no spaces between words. */
export interface Atom {
  readonly text: string;
  /** Whether a space precedes it. */
  readonly isSpaced: boolean;
  readonly columns: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** How bad a break after it is: 0 after a sentence, more inside a phrase. */
  readonly breakCost: number;
}

/** A word with spaces around it, or a character of a script without spaces, with the marks that belong to it. */
interface Piece extends Pick<Atom, 'text' | 'isSpaced'> {
  /** Whether a word ends here, so that the next piece may stand on another line. */
  readonly isWordEnd: boolean;
}
interface Timed extends Piece {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether a word as it was recognised ends here. */
  readonly isSpokenEnd: boolean;
}

/** Finds words where no spaces show them. The language does not matter: each script has its own dictionary. */
const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' });

const UNSPACED =
  '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Bopomofo}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{sc=Tibetan}]';
const HAS_UNSPACED = new RegExp(UNSPACED, 'u');
/** Characters that must not end a line: opening brackets and quotes, and vowels that Thai and Lao write before their consonant. */
const OPENING = '[\\p{Ps}\\p{Pi}\\u0e40-\\u0e44\\u0ec0-\\u0ec4]';
/** Characters that must not begin a line: closing marks, small kana, and marks that lengthen or repeat. */
const CLOSING =
  '[\\p{Pe}\\p{Pf}\\p{Po}\\p{Pd}\\p{M}～ー々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ\\u0e2f-\\u0e3a\\u0e45-\\u0e4e]';
const PIECES = new RegExp(`${OPENING}*(?:${UNSPACED}|(?:(?!${UNSPACED}|${OPENING}).)+|.)${CLOSING}*`, 'gsu');

/** `attached` is a break behind an abbreviation or an ordinal, which belongs to what follows it: `Dr. | Smith`, `3. | Mai`. */
const COST = { sentence: 0, clause: 1, pause: 2, word: 4, attached: 12, inside: 20 } as const;
/** Brackets that stand behind a full stop of Chinese or Japanese. */
const WIDE_CLOSING = /[」』）]+$/u;
const CLAUSE_END = /[,;:，、；：､،؛—–]["'”’»」』）)]*$/u;
/** Shortest pause between two words that counts as a breath, ms. */
const PAUSE_MS = 200;
/** How far ahead a piece is searched for among the spoken ones. */
const AHEAD = 8;

/** After these marks, an address may be broken best. */
const ADDRESS_BREAK = /[/?&=#._-]$/;

/** Splits a sentence into words with their times. Only a word that is wider than `columnsMax` is split, into pieces that are not. */
export function splitIntoAtoms(sentence: SpokenSentence, columnsMax: number): Atom[] {
  const pieces = splitIntoPieces(toPrintable(sentence.text)).flatMap((piece) => splitToWidth(piece, columnsMax));
  const timed = joinWords(timePieces(sentence, pieces), columnsMax);
  return timed.map((piece, i) => ({
    text: piece.text,
    isSpaced: piece.isSpaced,
    columns: countColumns(piece.text),
    fromMs: piece.fromMs,
    toMs: piece.toMs,
    breakCost: getBreakCost(piece, timed[i + 1], sentence.language),
  }));
}

function splitIntoPieces(text: string): Piece[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) =>
      HAS_UNSPACED.test(word) ? splitUnspaced(word) : [{ text: word, isSpaced: true, isWordEnd: true }],
    );
}

function splitUnspaced(text: string): Piece[] {
  const starts = new Set(Array.from(WORDS.segment(text), ({ index }) => index)).add(text.length);
  let at = 0;
  return text.match(PIECES)!.map((part, i) => {
    at += part.length;
    return { text: part, isSpaced: i === 0, isWordEnd: starts.has(at) };
  });
}

/** Splits a word that fits on no line, such as an address, into pieces that do. */
function splitToWidth(piece: Piece, columnsMax: number): Piece[] {
  if (countColumns(piece.text) <= columnsMax) return [piece];
  const parts: string[] = [];
  let part: string[] = [];
  for (const character of splitIntoGraphemes(piece.text)) {
    if (part.length > 0 && countColumns(part.join('') + character) > columnsMax) {
      const end = part.findLastIndex((each) => ADDRESS_BREAK.test(each)) + 1;
      const kept = end > part.length / 2 ? end : part.length;
      parts.push(part.slice(0, kept).join(''));
      part = part.slice(kept);
    }
    part.push(character);
  }
  return [...parts, part.join('')].map((text, i) => ({ text, isSpaced: i === 0 && piece.isSpaced, isWordEnd: true }));
}

/** Joins the characters of each word, unless it would fit on no line. */
function joinWords(pieces: readonly Timed[], columnsMax: number): Timed[] {
  const words: Timed[] = [];
  for (const piece of pieces) {
    const last = words.at(-1);
    const isInside = last !== undefined && !last.isWordEnd && !piece.isSpaced;
    if (isInside && countColumns(last.text + piece.text) <= columnsMax)
      words[words.length - 1] = {
        ...piece,
        text: last.text + piece.text,
        isSpaced: last.isSpaced,
        fromMs: last.fromMs,
      };
    else words.push(piece);
  }
  return words;
}

function getBreakCost(piece: Timed, next: Timed | undefined, language: string | undefined): number {
  const marked = { text: piece.text.replace(WIDE_CLOSING, '') };
  if (endsSentence(marked, next, language)) return COST.sentence;
  if (CLAUSE_END.test(piece.text)) return COST.clause;
  if (next === undefined || !piece.isWordEnd) return COST.inside;
  if (next.fromMs - piece.toMs >= PAUSE_MS) return COST.pause;
  const unspaced = [piece, next].filter(({ text }) => HAS_UNSPACED.test(text)).length;
  // Between two such words, a space stands for a comma; between one and a number or a Latin word, it is mere style.
  const word = readEnd(marked.text, language) === 'none' ? COST.word : COST.attached;
  if (next.isSpaced && unspaced !== 1) return unspaced === 2 ? COST.clause : word;
  return getPhraseCost(piece.text, next.text) + (piece.isSpokenEnd ? 0 : 1);
}

/**
 * Times the pieces by the spoken words: a piece that is found among them, in order, has its own times; the pieces between two
 * found ones share the time between them in proportion to their length.
 */
function timePieces({ fromMs, toMs, words }: SpokenSentence, pieces: readonly Piece[]): Timed[] {
  const spoken = words.flatMap(timeSpokenPieces);
  let at = 0;
  const found = pieces.map(({ text }) => {
    const key = normalise(text);
    const place = spoken.slice(at, at + AHEAD).findIndex((each) => key !== '' && each.key === key);
    if (place < 0) return undefined;
    at += place + 1;
    return spoken[at - 1]!;
  });
  const timed: Timed[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const here = found[i];
    if (here !== undefined) {
      timed.push({ ...pieces[i]!, fromMs: here.fromMs, toMs: here.toMs, isSpokenEnd: here.isSpokenEnd });
      continue;
    }
    let end = i;
    while (end < pieces.length && found[end] === undefined) end++;
    const from = timed.at(-1)?.toMs ?? fromMs;
    const to = Math.max(from, found[end]?.fromMs ?? toMs);
    timed.push(...spread(pieces.slice(i, end), from, to));
    i = end - 1;
  }
  return timed;
}

function spread(pieces: readonly Piece[], fromMs: number, toMs: number): Timed[] {
  const widths = pieces.map(({ text }) => Math.max(1, countColumns(text)));
  const whole = widths.reduce((sum, width) => sum + width, 0);
  let before = 0;
  return pieces.map((piece, i) => {
    const from = fromMs + ((toMs - fromMs) * before) / whole;
    before += widths[i]!;
    const to = fromMs + ((toMs - fromMs) * before) / whole;
    return { ...piece, fromMs: Math.round(from), toMs: Math.round(to), isSpokenEnd: false };
  });
}

function timeSpokenPieces({
  text,
  fromMs,
  toMs,
}: SpokenSentence['words'][number]): (Timed & { readonly key: string })[] {
  const timed = spread(splitIntoPieces(toPrintable(text)), fromMs, toMs);
  return timed.map((piece, i) => ({ ...piece, key: normalise(piece.text), isSpokenEnd: i === timed.length - 1 }));
}

const normalise = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
