import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { countOverlap, joinWords, normaliseWord, splitHanging } from '../../../../server/core/stable/words.ts';
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

t.test('a hypothesis that begins with what is stable overlaps it exactly, however its times jitter', async (t) => {
  const distinct = fc.uniqueArray(fc.constantFrom(...'abcdefghijklmnop'), { minLength: 2, maxLength: 16 });
  fc.assert(
    fc.property(distinct, fc.nat(), fc.integer({ min: -4_800, max: 4_800 }), (texts, cut, jitter) => {
      const count = 1 + (cut % (texts.length - 1));
      return countOverlap(words(texts.slice(0, count).join(' ')), words(texts.join(' '), jitter)) === count;
    }),
  );
  t.pass();
});

t.test('a repeated word is counted once by where it lies, and nothing stable overlaps nothing', async (t) => {
  t.equal(countOverlap([], words('a b')), 0);
  t.equal(countOverlap(words('a b'), []), 0);
  t.equal(countOverlap(words('the'), words('the the cat')), 1);
});

t.test('words said again seconds later are not the ones that are stable', async (t) => {
  const stable = words('any z any z are and he said');
  const decoded = words('and he said he are your role is');
  const misheard = decoded.map((word, i) =>
    i < 5 ? word : { ...word, from: word.from + 18_000, to: word.to + 18_000 },
  );
  t.not(countOverlap(stable, decoded), 3, 'the first "and he said" is another one');
  t.not(countOverlap(stable, misheard), 3);
});

t.test('text without spaces is joined without them', async (t) => {
  t.equal(joinWords(words('a b c').map((word) => ({ ...word, space: false }))), 'abc');
});
