import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { splitLong } from '../../../../server/core/sentence/split-long.ts';

const SECOND = 16_000;
/** A word a second, each 0.8 s long; those at `late` begin 0.1 s later. */
const say = (count: number, late: readonly number[] = []): Word[] =>
  Array.from({ length: count }, (_, i) => {
    const from = (i + (late.includes(i) ? 0.1 : 0)) * SECOND;
    return { text: `w${i}`, space: true, from, to: (i + 0.8) * SECOND, confidence: 1 };
  });

t.test('speech that is short enough, or only one word, stays whole', async (t) => {
  for (const words of [[], say(1), say(18)]) t.same(splitLong(words, 18 * SECOND), [words]);
});

t.test('longer speech is cut at its widest gaps, not near its ends, and no word is lost', async (t) => {
  const words = say(28, [1, 12, 27]);
  const parts = splitLong(words, 18 * SECOND);
  t.same(
    parts.map((part) => part.length),
    [12, 16],
  );
  t.same(parts.flat(), words);
  for (const part of splitLong(say(100), 18 * SECOND)) t.ok(part.at(-1)!.to - part[0]!.from <= 18 * SECOND);
});
