import type { Word } from '../hypothesis.ts';

const ENDS = /[.?!。？！…]["'”’»)\]]*$/u;
/** Abbreviations: a full stop after them does not end a sentence. */
const ABBREVIATION =
  /^(mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|e\.g|i\.e|no|vol|fig|approx|dept|est|gen|col|capt|lt|sgt|rev|hon|inc|ltd|co|bzw|z\.b|d\.h|usw|nr|bspw|ca|sra|srta|ud|uds|mme|mlle|p|pp|[a-z]|([a-z]\.)+[a-z])\.$/i;

/** Whether a sentence may end after this word. Its punctuation must be settled, so the word after it must be known too. */
export function endsSentence(word: Pick<Word, 'text'>): boolean {
  return ENDS.test(word.text) && !ABBREVIATION.test(word.text);
}

/** Number of words in the first finished sentence; 0 when none is. It never ends with the last word, whose punctuation is not settled. */
export function countFirstSentenceWords(words: readonly Word[]): number {
  for (let i = 0; i + 1 < words.length; i++) {
    if (endsSentence(words[i]!)) return i + 1;
  }
  return 0;
}

/** Splits words that are all final into sentences. */
export function splitSentences(words: readonly Word[]): readonly (readonly Word[])[] {
  const sentences: Word[][] = [];
  let open: Word[] = [];
  for (const word of words) {
    open.push(word);
    if (!endsSentence(word)) continue;
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
