import t from 'tap';
import { toWireWord } from '../../../server/core/wire-word.ts';

t.test('a word travels with whole milliseconds, and its confidence in thousandths', async (t) => {
  const word = { text: 'is,', space: true, from: 16_001, to: 17_609, confidence: 0.98765 };
  t.same(toWireWord(word), { text: 'is,', fromMs: 1_000, toMs: 1_101, confidence: 0.988 });
});
