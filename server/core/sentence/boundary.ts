import { endsSentence } from '../../../transcript/index.ts';
import type { Word } from '../hypothesis.ts';

export { endsSentence, findEndMark, readEnd } from '../../../transcript/index.ts';

/** Number of words in the first finished sentence; 0 when none is. It never ends with the last word, whose punctuation is not settled. */
export function countFirstSentenceWords(words: readonly Word[], language = 'auto'): number {
  for (let i = 0; i + 1 < words.length; i++) {
    if (endsSentence(words[i]!, words[i + 1], language)) return i + 1;
  }
  return 0;
}

/** Splits words that are all final into sentences. */
export function splitSentences(words: readonly Word[], language = 'auto'): readonly (readonly Word[])[] {
  const sentences: Word[][] = [];
  let open: Word[] = [];
  for (const [i, word] of words.entries()) {
    open.push(word);
    if (!endsSentence(word, words[i + 1], language)) continue;
    sentences.push(open);
    open = [];
  }
  if (open.length > 0) sentences.push(open);
  return sentences;
}

/** A gap at least this wide is a fair place to cut, and so is a comma; samples. */
const FAIR_GAP = 1_600;

/**
 * Where to cut speech that goes on without the end of a sentence: the index of the word with the widest gap before it, from
 * `least` on. With `fair`, only a gap that a listener would notice counts. 0 when there is no such place.
 */
export function findWidestGap(words: readonly Word[], least: number, place: 'fair' | 'any'): number {
  let best = 0;
  let width = place === 'fair' ? FAIR_GAP - 1 : Number.NEGATIVE_INFINITY;
  for (let i = Math.max(1, least); i < words.length; i++) {
    const gap = words[i]!.from - words[i - 1]!.to;
    // A comma is a better place than a gap of the same width.
    const bonus = /[,;:，、；：]$/u.test(words[i - 1]!.text) ? FAIR_GAP : 0;
    if (gap + bonus > width) [best, width] = [i, gap + bonus];
  }
  return best;
}
