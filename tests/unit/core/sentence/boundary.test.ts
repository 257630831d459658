import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { countFirstSentenceWords, findWidestGap, splitSentences } from '../../../../server/core/sentence/boundary.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import fc from '../../../support/fast-check.ts';

const words = (line: string): Word[] =>
  line.split(' ').map((text, i) => ({ text, space: true, from: i * 6_000, to: i * 6_000 + 5_000, confidence: 1 }));

t.test('a sentence ends at its punctuation, not at an abbreviation, an initial or the last word', async (t) => {
  t.equal(countFirstSentenceWords(words('We met. Then')), 2);
  t.equal(countFirstSentenceWords(words('Dr. Smith and J. Doe met. Then')), 6);
  t.equal(countFirstSentenceWords(words('Wir nehmen z.B. den Zug. Dann')), 5);
  t.equal(countFirstSentenceWords(words('It costs 3.50 today')), 0);
  t.equal(countFirstSentenceWords(words('We met.')), 0, 'what follows may still change the last word');
  t.equal(countFirstSentenceWords(words('He said "go." Then')), 3, 'a closing quote belongs to it');
  t.equal(countFirstSentenceWords(words('你好。 再见')), 1);
});

t.test('splitting loses no word and changes no order', async (t) => {
  const line = fc.array(fc.constantFrom('a', 'Dr.', 'end.', 'what?', 'x,', 'e.g.', '3.50', '…'), { maxLength: 30 });
  fc.assert(
    fc.property(line, (texts) => {
      const all = texts.length === 0 ? [] : words(texts.join(' '));
      const sentences = splitSentences(all);
      return joinWords(sentences.flat()) === joinWords(all) && sentences.every((sentence) => sentence.length > 0);
    }),
  );
  t.pass();
});

t.test('speech without an end is cut at its widest gap, and never inside what was shown', async (t) => {
  const even = words('one two three four five six seven eight');
  const paused = even.map((word, i) => (i < 5 ? word : { ...word, from: word.from + 8_000, to: word.to + 8_000 }));
  t.equal(findWidestGap(paused, 0, 'any'), 5);
  t.equal(findWidestGap(paused, 6, 'any'), 6);
  const comma = even.map((word, i) => (i === 3 ? { ...word, text: 'four,' } : word));
  t.equal(findWidestGap(comma, 0, 'any'), 4);
  t.equal(findWidestGap(comma, 0, 'fair'), 4);
  t.equal(findWidestGap(even, 0, 'fair'), 0, 'no gap is worth a cut');
  t.equal(findWidestGap(even, 8, 'any'), 0, 'all of it was shown');
});
