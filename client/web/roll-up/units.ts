/** Line breaks fall between units: words, or characters in scripts without spaces. */
export interface TextUnit {
  readonly text: string;
  /** White space separates it from the unit before: it may begin a line, or follows after a space. */
  readonly space: boolean;
  /** It may begin a line, with or without a space before it. */
  readonly breakable: boolean;
  /** Where it ends in its text, in UTF-16 units. */
  readonly end: number;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
/** Scripts without spaces whose lines may break between any two characters. */
const FREE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** Scripts without spaces whose lines break between words, which takes a dictionary to find. */
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Characters that may not begin a line, and those that may not end one (kinsoku shori). */
const CLOSING = /^[、。，．・：；！？…‥」』）〉》】〕’”ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ%,.!?;:)\]}]/u;
const OPENING = /[「『（〈《【〔‘“([{]$/u;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const words = new Intl.Segmenter('th', { granularity: 'word' });

/** Width of a text in columns: graphemes, with those of double width counted twice. */
export function countUnitColumns(text: string): number {
  if (/^[\x20-\u02ff]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}

/** Splits a text, from an offset on, into units. Appending to the text later changes at most the last unit. */
export function splitIntoUnits(text: string, from = 0): TextUnit[] {
  const units: TextUnit[] = [];
  for (const match of text.slice(from).matchAll(/\S+/gu)) {
    const start = from + match.index;
    const spaced = start > 0 && /\s/u.test(text[start - 1]!);
    let end = start;
    for (const piece of piecesOf(match[0])) {
      const first = end === start;
      const before = text.slice(Math.max(0, end - 2), end);
      end += piece.length;
      units.push({
        text: piece,
        space: first && spaced,
        breakable: first ? spaced || (start > 0 && mayBreak(before, piece)) : mayBreak(before, piece),
        end,
      });
    }
  }
  return units;
}

function piecesOf(word: string): string[] {
  if (UNSPACED.test(word)) return [...words.segment(word)].map(({ segment }) => segment);
  if (!FREE.test(word)) return [word];
  const pieces: string[] = [];
  for (const { segment } of graphemes.segment(word)) {
    const last = pieces.at(-1);
    // Letters and digits of other scripts stay together.
    if (last !== undefined && !FREE.test(last) && !FREE.test(segment) && /[\p{L}\p{N}]$/u.test(last)) {
      pieces[pieces.length - 1] = last + segment;
    } else pieces.push(segment);
  }
  return pieces;
}

function mayBreak(before: string, after: string): boolean {
  const last = [...before].at(-1) ?? '';
  if (CLOSING.test(after) || OPENING.test(before)) return false;
  return FREE.test(last) || FREE.test(after) || UNSPACED.test(last) || /[、。，．！？]$/u.test(before);
}

/** Splits a unit that is longer than a whole line. */
export function splitLongUnit(text: string, fits: (part: string) => boolean): string[] {
  const parts: string[] = [];
  let part = '';
  for (const { segment } of graphemes.segment(text)) {
    if (part !== '' && !fits(part + segment)) {
      parts.push(part);
      part = '';
    }
    part += segment;
  }
  return part === '' ? parts : [...parts, part];
}
