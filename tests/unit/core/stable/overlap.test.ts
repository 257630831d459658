import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { countOverlap } from '../../../../server/core/stable/overlap.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import fc from '../../../support/fast-check.ts';

const words = (line: string, shift = 0): Word[] =>
  line
    .split(' ')
    .map((text, i) => ({ text, space: true, from: i * 6_000 + shift, to: (i + 1) * 6_000 + shift, confidence: 1 }));

/** Words with their times in seconds: `us@9.97-10.21`. */
const timed = (line: string): Word[] =>
  line.split(' ').map((each) => {
    const [, text = '', from, to] = /^(.*)@([\d.]+)-([\d.]+)$/.exec(each)!;
    return { text, space: true, from: Number(from) * 16_000, to: Number(to) * 16_000, confidence: 1 };
  });

/** What of a decode is new behind the stable words. */
const fresh = (stable: string, decode: string): string => {
  const hypothesis = timed(decode);
  return joinWords(hypothesis.slice(countOverlap(timed(stable), hypothesis)));
};

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

t.test('a word that is heard differently at the same time is not new', async (t) => {
  t.equal(fresh('to@6.31-6.55 out@6.57-6.83', 'to@6.31-6.59 outgaze@6.59-7.13 him@7.13-7.44'), 'him');
  t.equal(
    fresh('monthly@2.41-2.59 updates.@2.61-3.15', 'monthly@2.41-2.59 update.@2.59-4.01 Today@4.01-4.07'),
    'Today',
  );
  t.equal(fresh('outgaze@6.59-7.11 him@7.13-7.44', 'out-gaze@6.59-7.13 them,@7.13-7.91 but@7.91-7.93'), 'but');
});

t.test('a word that follows is new, however much it sounds alike', async (t) => {
  t.equal(fresh('errors@6.33-6.85 but@6.93-6.97', 'errors.@6.33-7.09 This@7.09-8.65 is@8.65-8.97'), 'This is');
  t.equal(fresh('no@1.00-1.20', 'no@1.00-1.20 no@1.22-1.40 no@1.42-1.60'), 'no no');
});

t.test('a phrase that is split into other words is not heard again', async (t) => {
  const stable = 'The@8.92-9.19 manager@9.19-9.57 showed@9.57-9.97 us@9.97-10.21';
  const decode =
    'The@8.92-9.15 man@9.15-9.39 that@9.39-9.57 you@9.57-9.63 showed@9.63-9.95 us@9.95-10.23 the@10.23-10.80';
  t.equal(fresh(stable, decode), 'the');
});

t.test('two words for one, and one for two, are the same', async (t) => {
  t.equal(fresh('web@1.00-1.20 site@1.20-1.50', 'website@1.00-1.50 works@1.50-1.90'), 'works');
  t.equal(
    fresh("his@25.53-26.11 I'm@26.25-26.73", 'his@25.55-26.11 I@26.23-26.43 am@26.43-26.71 the@26.71-27.31'),
    'the',
  );
  t.equal(fresh('website@1.00-1.50', 'web@1.00-1.20 site@1.20-1.50 works@1.50-1.90'), 'works');
});

t.test('the last stable word is found again behind one that was not there before', async (t) => {
  t.equal(
    fresh('is@32.14-32.42 about@32.57-33.14', 'is@32.16-32.42 at@32.56-32.96 about@32.98-33.30 60@33.30-34.38'),
    '60',
  );
  t.equal(
    fresh('quickened@4.32-4.50 me.@4.76-5.20', 'quicken@4.31-4.59 at@4.59-4.78 me.@4.87-6.08 It@6.08-6.30'),
    'It',
  );
  t.equal(
    fresh('schnar@1.71-2.35 5@2.36-3.13', 'schnaric@1.71-2.19 clap,@2.19-2.89 5@2.89-3.23 thick@3.23-3.59'),
    'thick',
  );
});

t.test('words within the last stable word are that word, heard as others', async (t) => {
  t.equal(
    fresh(
      "Then@0.18-0.65 the@0.67-0.75 mother's@0.75-1.09",
      'Then@0.18-0.65 my@0.65-0.79 was@0.79-0.87 its@0.87-1.09 was@1.09-1.29 afraid@1.29-1.69',
    ),
    'was afraid',
  );
});

t.test('a word beside one that is stable is a word of its own, not the other half of it', async (t) => {
  t.equal(
    fresh(
      'He@0.00-0.33 began@0.33-0.59 a@0.59-1.13',
      'He@0.00-0.33 began@0.33-0.59 a@0.59-0.85 confused@0.85-1.13 complaint@1.13-1.49',
    ),
    'confused complaint',
  );
});
