import { capitalise } from '../clean/finish-sentence.ts';
import type { Word } from '../hypothesis.ts';
import { findEndMark } from '../sentence/boundary.ts';
import { splitHanging } from '../stable/words.ts';

/**
 * Lets a sentence that was heard again begin and end as it did at first: with a capital letter and with its full stop. A decode of the
 * whole stretch may put its sentence ends elsewhere. `language` is an ISO 639-1 code.
 */
export function keepEdges(first: readonly Word[], heard: readonly Word[], language: string): readonly Word[] {
  const words = [...heard];
  const [begin, end] = [words[0], words.at(-1)];
  if (begin === undefined || end === undefined || first.length === 0) return heard;
  if (/^\P{L}*\p{Lu}/u.test(first[0]!.text)) words[0] = { ...begin, text: capitalise(begin.text, language) };
  const mark = findEndMark(first.at(-1)!.text);
  const last = words.at(-1)!;
  if (mark !== undefined && findEndMark(last.text) === undefined)
    words[words.length - 1] = { ...last, text: splitHanging(last.text).stem + mark };
  return words;
}
