import type { Word } from '../hypothesis.ts';
import { findWidestGap } from './boundary.ts';

/** Share of the words that each part keeps at least. */
const PART_MIN = 0.25;

/** Cuts speech without the end of a sentence at its widest gaps, until no part is longer than `samplesMax`. */
export function splitLong(words: readonly Word[], samplesMax: number): readonly (readonly Word[])[] {
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined || last.to - first.from <= samplesMax || words.length < 2)
    return [words];
  const least = Math.ceil(words.length * PART_MIN);
  const at = findWidestGap(words.slice(0, Math.max(least + 1, words.length - least)), least, 'any');
  if (at === 0) return [words];
  return [...splitLong(words.slice(0, at), samplesMax), ...splitLong(words.slice(at), samplesMax)];
}
