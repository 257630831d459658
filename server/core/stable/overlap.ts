import type { Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import { normaliseWord } from './words.ts';

/** Words further apart than this are two words even with the same text; otherwise a repetition would match its original. */
const SAME_SAMPLES = SAMPLE_RATE;
/** How far the times of one word may lie apart in two decodes. */
const JITTER_SAMPLES = 0.3 * SAMPLE_RATE;
/** Two different words are one word that was heard in two ways if they begin or end within this time, */
const ONE_WORD_SAMPLES = 0.1 * SAMPLE_RATE;
/** and two words beyond it, because word times jitter by up to 0.3 s. In between, the cost rises. */
const TWO_WORDS_SAMPLES = 0.6 * SAMPLE_RATE;

/** What it costs that one of the two texts lacks a word of the other. */
const MISSING = 1;
/** What it costs to take two words for one that was heard in two ways: at the same time, and at different times. */
const REPLACED: readonly [number, number] = [0.9, 2 * MISSING];
/** The share of the way between the two that words have gone at least which follow each other. */
const APART_SHARE = 0.5;
/** How much less it costs when they sound alike. */
const ALIKE = 0.5;
/** What it costs that one word is written as two. */
const SPLIT = 0.1;
/** What it costs that a word behind the split is the last stable word again, or begins before the end of that one; */
const LEFT_OVER = 0.7;
/** and where it ends within that one, too, unless the decode has that one right before the split: there is no room for it. */
const LEFT_OVER_WITHIN = MISSING;
/** The last stable word counts as this long at most, because one before a pause may be stretched over it. */
const LAST_WORD_SAMPLES = 0.6 * SAMPLE_RATE;
/** Costs that differ by less than this are equal. */
const TIE = 0.05;

/** A word with its text as it is compared: every word is compared with every other one. */
interface KeyedWord extends Word {
  readonly key: string;
}

const withKey = (word: Word): KeyedWord => ({ ...word, key: normaliseWord(word.text) });

/**
 * How many words at the front of `hypothesis` repeat what `stable` already has: the split with the least edit distance, where
 * a word may be heard in another way at the same time, or as two, and nothing behind the split begins within it. Ties go to the split whose end lies nearest in time. Equal
 * words match although their times jitter; other words match by their times and their sound.
 */
export function countOverlap(stable: readonly Word[], hypothesis: readonly Word[]): number {
  return countKnown(stable.map(withKey), hypothesis.map(withKey));
}

function countKnown(stable: readonly KeyedWord[], hypothesis: readonly KeyedWord[]): number {
  const last = stable.at(-1);
  if (last === undefined) return 0;
  let beforeLast: readonly number[] = [];
  let costs: readonly number[] = Array.from({ length: hypothesis.length + 1 }, (_, j) => j * MISSING);
  for (const [i, word] of stable.entries()) {
    const next = [(i + 1) * MISSING];
    for (let j = 1; j <= hypothesis.length; j++) {
      const other = hypothesis[j - 1]!;
      const paired = costs[j - 1]! + costOfPair(word, other);
      const split =
        j > 1 && isOneWord(hypothesis[j - 2]!, other, word) ? costs[j - 2]! + SPLIT : Number.POSITIVE_INFINITY;
      const joined =
        i > 0 && isOneWord(stable[i - 1]!, word, other) ? beforeLast[j - 1]! + SPLIT : Number.POSITIVE_INFINITY;
      next.push(Math.min(paired, split, joined, costs[j]! + MISSING, next[j - 1]! + MISSING));
    }
    beforeLast = costs;
    costs = next;
  }
  const end = Math.min(last.to, last.from + LAST_WORD_SAMPLES) - ONE_WORD_SAMPLES;
  const totals = costs.map((cost, j) => {
    const before = hypothesis[j - 1];
    const within = before !== undefined && isSameMoment(before, last) ? LEFT_OVER : LEFT_OVER_WITHIN;
    const rest = hypothesis.slice(j).filter((word) => word.from < end || isSameMoment(word, last));
    return rest.reduce((sum, { to }) => sum + (to <= last.to ? within : LEFT_OVER), cost);
  });
  let best = 0;
  for (let j = 1; j < totals.length; j++) {
    const difference = totals[j]! - totals[best]!;
    if (difference < -TIE || (difference < TIE && isNearer(hypothesis, j, best, last.to))) best = j;
  }
  return best;
}

/** Whether both are one word that two decodes heard in different ways: at the same time, or nearly so and alike in sound. */
export function isHeardDifferently(a: Word, b: Word): boolean {
  const [one, other] = [withKey(a), withKey(b)];
  return one.key !== other.key && costOfPair(one, other) <= MISSING;
}

/** Whether it is the same word at the same time, as far as times can be relied upon. */
const isSameMoment = (a: KeyedWord, b: KeyedWord): boolean => a.key === b.key && measureDistance(a, b) < JITTER_SAMPLES;

/** Between the two beginnings or the two ends, whichever is less: a word before a pause may be stretched over it. */
const measureDistance = (a: Word, b: Word): number => Math.min(Math.abs(a.from - b.from), Math.abs(a.to - b.to));

function costOfPair(a: KeyedWord, b: KeyedWord): number {
  const apart = measureDistance(a, b);
  if (a.key === b.key) return apart < SAME_SAMPLES ? 0 : MISSING;
  const share = (apart - ONE_WORD_SAMPLES) / (TWO_WORDS_SAMPLES - ONE_WORD_SAMPLES);
  const least = a.from < b.to && b.from < a.to ? 0 : APART_SHARE;
  const cost = REPLACED[0] + (REPLACED[1] - REPLACED[0]) * Math.min(Math.max(share, least), 1);
  return isAlike(a.key, b.key) ? cost - ALIKE : cost;
}

/** Whether two words sound alike, as far as their letters tell: half of them are the same, or one begins with the other. */
function isAlike(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.startsWith(short)) return true;
  // Each letter that only one of them has is an edit.
  return (long.length - short.length) * 2 <= long.length && countEdits(short, long) * 2 <= long.length;
}

/** The Levenshtein distance, in one row of its table. */
function countEdits(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = i - 1;
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = a[i - 1] === b[j - 1] ? diagonal : diagonal + 1;
      diagonal = row[j]!;
      row[j] = Math.min(diagonal + 1, row[j - 1]! + 1, replaced);
    }
  }
  return row[b.length]!;
}

/**
 * Whether `left` and `right` are `whole` written as two words: with the same letters, or with like ones at the same time. Where one of
 * them is `whole`, the other is a word of its own.
 */
function isOneWord(left: KeyedWord, right: KeyedWord, whole: KeyedWord): boolean {
  if (left.key === whole.key || right.key === whole.key) return false;
  const begins = Math.abs(left.from - whole.from);
  const ends = Math.abs(right.to - whole.to);
  if (Math.min(begins, ends) >= SAME_SAMPLES) return false;
  const both = left.key + right.key;
  return both === whole.key || (Math.max(begins, ends) <= ONE_WORD_SAMPLES && isAlike(both, whole.key));
}

function isNearer(words: readonly Word[], a: number, b: number, at: number): boolean {
  const end = (count: number): number => words[count - 1]?.to ?? Number.NEGATIVE_INFINITY;
  return Math.abs(end(a) - at) < Math.abs(end(b) - at);
}
