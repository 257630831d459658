import type { Word } from '../hypothesis.ts';
import { normaliseWord } from '../stable/words.ts';
import { SAMPLE_RATE } from '../time.ts';

/** Words whose middles are further apart than this are not the same word, however they are spelled. */
const SAME_WORD_SAMPLES = 2 * SAMPLE_RATE;
/** A word that is left out, or has nothing in its place. */
const GAP_COST = 1;
/** Far below one difference, so that times decide only between alignments with as many differences. */
const TIME_COST = 0.01;

interface PlacedWord {
  readonly text: string;
  /** Its middle, samples. */
  readonly at: number;
}

/**
 * Aligns two decodes of the same audio with the fewest differences (Levenshtein), words that are close in time first. Returns for
 * each word of the second the index of its partner in the first, if it has one. Indices only grow.
 */
export function alignWords(first: readonly Word[], second: readonly Word[]): (number | undefined)[] {
  return align(first.map(toPlaced), second.map(toPlaced));
}

function toPlaced({ text, from, to }: Word): PlacedWord {
  return { text: normaliseWord(text), at: (from + to) / 2 };
}

function align(first: readonly PlacedWord[], second: readonly PlacedWord[]): (number | undefined)[] {
  const costs = [Array.from({ length: second.length + 1 }, (_, j) => j * GAP_COST)];
  for (const [i, a] of first.entries()) {
    const above = costs[i]!;
    const row = [(i + 1) * GAP_COST];
    for (const [j, b] of second.entries())
      row.push(Math.min(above[j]! + pairCost(a, b), above[j + 1]! + GAP_COST, row[j]! + GAP_COST));
    costs.push(row);
  }
  const partners = new Array<number | undefined>(second.length).fill(undefined);
  for (let i = first.length, j = second.length; i > 0 && j > 0; ) {
    const cost = costs[i]![j]!;
    if (cost === costs[i - 1]![j - 1]! + pairCost(first[i - 1]!, second[j - 1]!)) partners[--j] = --i;
    else if (cost === costs[i - 1]![j]! + GAP_COST) i--;
    else j--;
  }
  return partners;
}

function pairCost(a: PlacedWord, b: PlacedWord): number {
  const distance = Math.abs(a.at - b.at);
  if (distance > SAME_WORD_SAMPLES) return Number.POSITIVE_INFINITY;
  return (a.text === b.text ? 0 : GAP_COST) + (TIME_COST * distance) / SAME_WORD_SAMPLES;
}
