import type { Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';

/** Joins words as they are written: with the space each one brings, but none at the start. */
export function joinWords(words: readonly Word[]): string {
  return words.map((word, i) => (i > 0 && word.space ? ` ${word.text}` : word.text)).join('');
}

/** The word without case and punctuation, which flip between decodes and must not hold a word back. */
export function normaliseWord(text: string): string {
  const stripped = text.toLowerCase().replace(/[\p{P}\p{S}\s]+/gu, '');
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

/** Words further apart than this are two words even with the same text; otherwise a repetition would match its original. */
const SAME_SAMPLES = SAMPLE_RATE;

/**
 * How many words at the front of `hypothesis` repeat what `stable` already has: the split with the least edit
 * distance, ties going to the one whose end lies nearest in time. Word times jitter by up to 0.3 s between
 * decodes, so text decides first.
 */
export function countOverlap(stable: readonly Word[], hypothesis: readonly Word[]): number {
  const last = stable.at(-1);
  if (last === undefined) return 0;
  let costs = Array.from({ length: hypothesis.length + 1 }, (_, j) => j);
  for (const [i, word] of stable.entries()) {
    const next = [i + 1];
    for (let j = 1; j <= hypothesis.length; j++) {
      const replaced = costs[j - 1]! + (isSame(word, hypothesis[j - 1]!) ? 0 : 1);
      next.push(Math.min(replaced, costs[j]! + 1, next[j - 1]! + 1));
    }
    costs = next;
  }
  let best = 0;
  for (let j = 1; j < costs.length; j++) {
    if (costs[j]! < costs[best]! || (costs[j] === costs[best] && nearer(hypothesis, j, best, last.to))) best = j;
  }
  return best;
}

/** Compares the nearer of their two ends: a word before a pause may be stretched over it. */
const isSame = (a: Word, b: Word): boolean =>
  isSameWord(a, b) && Math.min(Math.abs(a.from - b.from), Math.abs(a.to - b.to)) < SAME_SAMPLES;

function nearer(words: readonly Word[], a: number, b: number, at: number): boolean {
  const end = (count: number): number => words[count - 1]?.to ?? Number.NEGATIVE_INFINITY;
  return Math.abs(end(a) - at) < Math.abs(end(b) - at);
}
