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
  readonly word: Word;
  readonly sentence: number;
  readonly text: string;
  readonly at: number;
}

/**
 * Assigns the words of another decode to the sentences that a first one had. Both are aligned with the fewest differences
 * (Levenshtein), words that are close in time first. A word belongs to the sentence of the word it is aligned with. One
 * that has none belongs to the sentence of its neighbours, or between two sentences to the one nearer in time.
 * Returns a list for each sentence; put together they are `words`, in their order.
 */
export function assignWords(sentences: readonly (readonly Word[])[], words: readonly Word[]): Word[][] {
  const first = sentences.flatMap((each, sentence) => each.map((word) => toPlaced(word, sentence)));
  const second = words.map((word) => toPlaced(word, -1));
  const partners = align(first, second);
  const assigned = sentences.map((): Word[] => []);
  let before = 0;
  for (const [i, { word, at }] of second.entries()) {
    const partner = partners[i];
    const after = partner ?? partners.slice(i).find((each) => each !== undefined);
    const last = after === undefined ? sentences.length - 1 : first[after]!.sentence;
    const sentence = partner === undefined ? findNearest(sentences, at, before, last) : last;
    assigned[sentence]?.push(word);
    before = sentence;
  }
  return assigned;
}

function toPlaced(word: Word, sentence: number): PlacedWord {
  return { word, sentence, text: normaliseWord(word.text), at: (word.from + word.to) / 2 };
}

/** The sentence from `low` to `high` whose words are nearest to the sample `at`. */
function findNearest(sentences: readonly (readonly Word[])[], at: number, low: number, high: number): number {
  let nearest = low;
  let least = Number.POSITIVE_INFINITY;
  for (let i = low; i <= high; i++) {
    const [first] = sentences[i]!;
    if (first === undefined) continue;
    const distance = Math.max(0, first.from - at, at - sentences[i]!.at(-1)!.to);
    if (distance >= least) continue;
    least = distance;
    nearest = i;
  }
  return nearest;
}

/** For each word of the second list the index of its partner in the first, if it has one. Indices only grow. */
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
