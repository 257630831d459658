import t from 'tap';
import { type HeardSentence, StretchCollector } from '../../../../server/core/second-hearing/stretch.ts';
import { DECODE_SAMPLES_MAX, SAMPLE_RATE } from '../../../../server/core/time.ts';
import { spokenWords } from '../../../support/spoken-words.ts';

const S = SAMPLE_RATE;
const open = (): StretchCollector => new StretchCollector({ least: 20 * S, most: 28 * S });

/** A sentence of so many seconds. */
function sentence(number: number, fromS: number, seconds: number, language = 'en'): HeardSentence {
  const words = spokenWords(new Array(Math.round(seconds * 2)).fill('word').join(' '), fromS);
  return { sentence: number, from: (fromS - 0.2) * S, words, language };
}
const numbersOf = (stretch: ReturnType<StretchCollector['end']>) => stretch?.sentences.map((each) => each.sentence);

t.test('a stretch ends with the speech that makes it long enough', async (t) => {
  const collector = open();
  t.equal(collector.add(sentence(1, 1, 9)), undefined);
  t.equal(collector.settle(10.5 * S), undefined, 'ten seconds are too short');
  collector.add(sentence(2, 11, 6));
  collector.add(sentence(3, 17, 6));
  const stretch = collector.settle(23.2 * S);
  t.same(numbersOf(stretch), [1, 2, 3]);
  t.equal(stretch?.from, 0.8 * S, 'from where its first sentence begins');
  t.equal(stretch?.to, 23.2 * S, 'to the end of the speech');
  t.equal(collector.end(99 * S), undefined, 'and the next one is empty');
});

t.test('in speech without an end it ends before the sentence that would make it too long', async (t) => {
  const collector = open();
  for (const [number, from] of [1, 7.5, 14, 20.5].entries())
    t.equal(collector.add(sentence(number + 1, from, 6.5)), undefined);
  const stretch = collector.add(sentence(5, 27, 6.5));
  t.same(numbersOf(stretch), [1, 2, 3, 4]);
  t.equal(stretch?.to, 26.9 * S, 'not longer than to the words of the next');
  t.same(numbersOf(collector.end(99 * S)), [5], 'which begins another');
});

t.test('audio that goes on ends it, though nobody speaks', async (t) => {
  const collector = open();
  collector.add(sentence(1, 1, 4));
  t.equal(collector.advance(28 * S, 28 * S), undefined);
  const stretch = collector.advance(28.8 * S, 28.8 * S);
  t.same(numbersOf(stretch), [1]);
  t.equal(stretch?.to, 5.4 * S, 'half a second behind its last word');
  t.equal(collector.advance(99 * S, 99 * S), undefined);
});

t.test('speech that is not final yet is left to the next', async (t) => {
  const collector = open();
  collector.add(sentence(1, 1, 6));
  t.equal(collector.advance(29 * S, 7.1 * S)?.to, 7.1 * S);
});

t.test('a stretch has one language', async (t) => {
  const collector = open();
  collector.add(sentence(1, 1, 3));
  collector.add(sentence(2, 4, 3));
  const stretch = collector.add(sentence(3, 7, 3, 'fr'));
  t.match(stretch, { language: 'en' });
  t.same(numbersOf(stretch), [1, 2]);
  t.match(collector.end(99 * S), { language: 'fr', sentences: [{ sentence: 3 }] });
});

t.test('no stretch is longer than a decode', async (t) => {
  const collector = open();
  collector.add(sentence(1, 1, 29));
  const stretch = collector.end(99 * S)!;
  t.ok(stretch.to - stretch.from <= DECODE_SAMPLES_MAX);
  collector.add(sentence(2, 40, 31));
  t.equal(collector.end(99 * S), undefined, 'a sentence that does not fit is left as it is');
});
