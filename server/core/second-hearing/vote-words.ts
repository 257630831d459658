import type { Word } from '../hypothesis.ts';
import { computeMeanConfidence, isSameWord } from '../stable/words.ts';
import { alignWords } from './align-words.ts';

/** How sure a decode is that nothing was said where another has words. */
const NOTHING_CONFIDENCE = 0.5;
/** By how much the other decode must be surer; `npm run bench -- second` has the table. */
const PREFERENCE = 0.1;

/**
 * Joins the decodes of two models, which mishear different words: where they differ, the words stay that are surer by the mean of
 * their confidence, and those of the first when it is close. After ROVER (Fiscus 1997), with two systems.
 */
export function voteWords(first: readonly Word[], second: readonly Word[]): Word[] {
  const partners = alignWords(first, second);
  const joined: Word[] = [];
  let i = 0;
  let j = 0;
  const choose = (toI: number, toJ: number): void => {
    const mine = first.slice(i, toI);
    const other = second.slice(j, toJ);
    joined.push(...(confidenceOf(other) > confidenceOf(mine) + PREFERENCE ? other : mine));
    i = toI;
    j = toJ;
  };
  for (const [at, partner] of partners.entries()) {
    if (partner === undefined || !isSameWord(first[partner], second[at])) continue;
    choose(partner, at);
    joined.push(first[partner]!);
    i++;
    j++;
  }
  choose(first.length, second.length);
  return joined;
}

function confidenceOf(words: readonly Word[]): number {
  return words.length === 0 ? NOTHING_CONFIDENCE : computeMeanConfidence(words);
}
