import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { isBeginningOf, joinWords, normaliseWord, splitHanging } from '../../../../server/core/stable/words.ts';
import fc from '../../../support/fast-check.ts';

const words = (line: string, shift = 0): Word[] =>
  line
    .split(' ')
    .map((text, i) => ({ text, space: true, from: i * 6_000 + shift, to: (i + 1) * 6_000 + shift, confidence: 1 }));

t.test('case and punctuation do not make another word, and a lone sign stays itself', async (t) => {
  t.equal(normaliseWord('Heavy,'), normaliseWord('heavy'));
  t.equal(normaliseWord('$'), '$');
  t.not(normaliseWord('10'), normaliseWord('11'));
});

t.test('what hangs at a word comes apart without loss, and a percent sign does not hang', async (t) => {
  t.same(splitHanging('there,'), { stem: 'there', hanging: ',' });
  t.same(splitHanging('50%'), { stem: '50%', hanging: '' });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const { stem, hanging } = splitHanging(text);
      return stem + hanging === text && (text === '' || stem !== '');
    }),
  );
});

t.test('text without spaces is joined without them', async (t) => {
  t.equal(joinWords(words('a b c').map((word) => ({ ...word, space: false }))), 'abc');
});

t.test('a longer word that begins alike at the same time has the shorter one as its beginning', async (t) => {
  const [part] = words('16');
  t.ok(isBeginningOf(part!, words('16,000')[0]!));
  t.ok(isBeginningOf(part!, words('16,000', 3_000)[0]!), 'times jitter');
  t.notOk(isBeginningOf(part!, words('16,000', 12_000)[0]!), 'another one, later');
  t.notOk(isBeginningOf(part!, words('60,000')[0]!), 'other digits');
  t.notOk(isBeginningOf(part!, part!), 'the same word');
});
