import t from 'tap';
import { findSnippet, foldText, splitQuery } from '../../../../server/core/transcript/search-text.ts';
import fc from '../../../support/fast-check.ts';

t.test('text folds to what people type when they look for it', async (t) => {
  for (const [text, want] of [
    ['Crème BRÛLÉE', 'creme brulee'],
    ['Ｆｕｌｌ　ｗｉｄｔｈ', 'full width'],
    ['ﬁnal', 'final'],
    ['がぎぐ', 'がぎぐ'],
    ['हिन्दी', 'हिन्दी'],
    ['Привет ЁЛКА', 'привет елка'],
    ['a\u0000b\tc', 'a b c'],
  ] as const)
    t.equal(foldText(text), want, text);
  t.not(foldText('が'), foldText('か'), 'another syllable');
});

t.test('a search has words and phrases, each once, and no more than are looked at', async (t) => {
  t.same(splitQuery('  Ünder "New  Machine" the the '), ['under', 'new  machine', 'the']);
  t.same(splitQuery('"'), []);
  t.same(splitQuery('* - ¿?'), []);
  t.equal(splitQuery(Array.from({ length: 30 }, (_, i) => `w${i}`).join(' ')).length, 8);
});

t.test('folding twice changes nothing, and a text is found by any piece of itself', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => foldText(foldText(text)) === foldText(text)),
    { numRuns: 2_000 },
  );
  const grapheme = (minLength: number, maxLength: number) => fc.string({ unit: 'grapheme', minLength, maxLength });
  fc.assert(
    fc.property(fc.array(grapheme(1, 12), { minLength: 1, maxLength: 40 }), fc.nat(), (words, n) => {
      const text = words.join(' ');
      const looked = splitQuery(words[n % words.length]!.replaceAll('"', ''));
      const isThere = looked.some((word) => foldText(text).includes(word));
      const snippet = findSnippet(text, looked);
      // Some characters fold differently on their own than among others; then there is no piece to show.
      return snippet === undefined || (isThere && snippet.length > 0 && snippet.length < 300);
    }),
    { numRuns: 500 },
  );
});
