import type { Word } from '../hypothesis.ts';
import { alignWords } from './align-words.ts';

/**
 * Assigns the words of another decode to the sentences that a first one had. A word belongs to the sentence of the word it is aligned with. One
 * that has none belongs to the sentence of its neighbours, or between two sentences to the one nearer in time.
 * Returns a list for each sentence; put together they are `words`, in their order.
 */
export function assignWords(sentences: readonly (readonly Word[])[], words: readonly Word[]): Word[][] {
  const sentenceOf = sentences.flatMap((each, sentence) => each.map(() => sentence));
  const partners = alignWords(sentences.flat(), words);
  const assigned = sentences.map((): Word[] => []);
  let before = 0;
  for (const [i, word] of words.entries()) {
    const partner = partners[i];
    const after = partner ?? partners.slice(i).find((each) => each !== undefined);
    const last = after === undefined ? sentences.length - 1 : sentenceOf[after]!;
    const sentence = partner === undefined ? findNearest(sentences, (word.from + word.to) / 2, before, last) : last;
    assigned[sentence]?.push(word);
    before = sentence;
  }
  return assigned;
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
