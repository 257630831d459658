import { chooseSeparator } from '../../../transcript/index.ts';
import type { Word } from '../hypothesis.ts';
import { writeInScript } from '../script/chinese-script.ts';
import { SAMPLE_RATE } from '../time.ts';

/** Joins words as they are written: with the space each one brings, but none at the start. `before` is the word before them. */
export function joinWords(words: readonly Word[], before?: Word): string {
  return words.map((word, i) => (isSpaced(words[i - 1] ?? before, word) ? ` ${word.text}` : word.text)).join('');
}

/** Mean confidence of the words, 0-1; NaN for none. */
export function computeMeanConfidence(words: readonly Word[]): number {
  return words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length;
}

/** Whether a space stands before a word: where the model writes one, but never between Chinese or Japanese characters. */
export function isSpaced(before: Word | undefined, { space, text }: Word): boolean {
  return before !== undefined && space && chooseSeparator(before.text, text) !== '';
}

/**
 * The word without case and punctuation, which flip between decodes and must not hold a word back, and in simplified Chinese: the
 * script changes where the client asks for another one.
 */
export function normaliseWord(text: string): string {
  const stripped = writeInScript(text.toLowerCase().replace(/[\p{P}\p{S}\s]+/gu, ''), 'Hans');
  // A word that is only signs ("$", "-") is compared as it is.
  return stripped === '' ? text : stripped;
}

export function isSameWord(a: Word | undefined, b: Word | undefined): boolean {
  return a !== undefined && b !== undefined && normaliseWord(a.text) === normaliseWord(b.text);
}

/** Punctuation that hangs at the end of a surface form: it becomes stable only with the word after it. */
const HANGING = /[\p{Po}\p{Pd}\p{Pe}\p{Pf}…]+$/u;

/** Splits "there," into "there" and ",". A word that is all punctuation stays whole. */
export function splitHanging(text: string): { readonly stem: string; readonly hanging: string } {
  const hanging = HANGING.exec(text)?.[0] ?? '';
  // %, ° and a closing currency sign are part of the word, not of the sentence.
  if (hanging === '' || hanging.length === text.length || /^[%‰°]/.test(hanging)) return { stem: text, hanging: '' };
  return { stem: text.slice(0, text.length - hanging.length), hanging };
}

/** How far the beginnings of one word may lie apart in two decodes when it is the same word. */
const SAME_BEGINNING_SAMPLES = SAMPLE_RATE / 4;

/** Whether `part` is a beginning of `whole` that an earlier decode took for a word: "16" of "16,000". */
export function isBeginningOf(part: Word, whole: Word): boolean {
  const isLonger = whole.text.length > part.text.length && whole.text.startsWith(part.text);
  return isLonger && Math.abs(whole.from - part.from) <= SAME_BEGINNING_SAMPLES;
}
