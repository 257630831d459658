import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import {
  collectEvidence,
  estimateCorrectness,
  estimatePermanence,
  type MatchedWord,
  matchPreviousDecode,
  type WordEvidence,
} from '../../../../server/core/stable/word-evidence.ts';
import fc from '../../../support/fast-check.ts';

const SECOND = 16_000;
const word = (text: string, from: number, confidence = 0.9): Word => ({
  text,
  space: true,
  from,
  to: from + SECOND / 4,
  confidence,
});
const EVIDENCE: WordEvidence = { confidence: 0.6, leastConfidence: 0.5, repeats: 1, behindS: 0.4, spanS: 3 };

function check(more: Partial<WordEvidence>, want: 'likelier' | 'less likely' | 'no matter'): void {
  for (const chance of [estimateCorrectness, estimatePermanence]) {
    const difference = chance({ ...EVIDENCE, ...more }) - chance(EVIDENCE);
    t.equal(difference > 0 ? 'likelier' : difference < 0 ? 'less likely' : 'no matter', want);
  }
}

t.test('a surer word is likelier', async () => check({ confidence: 0.9 }, 'likelier'));
t.test('an unsure word before it makes a word less likely', async () => check({ leastConfidence: 0.1 }, 'less likely'));
t.test('a word that was heard before is likelier', async () => check({ repeats: 3 }, 'likelier'));
t.test('a word at the edge of the audio is less likely', async () => check({ behindS: 0 }, 'less likely'));
t.test('beyond two seconds behind the edge more is no matter', async (t) => {
  t.equal(estimateCorrectness({ ...EVIDENCE, behindS: 2 }), estimateCorrectness({ ...EVIDENCE, behindS: 9 }));
});

t.test('whatever the evidence, a chance lies between 0 and 1', async () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(99),
      fc.double({ min: -1, max: 30, noNaN: true }),
      (confidence, repeats, seconds) => {
        const evidence = {
          confidence,
          leastConfidence: confidence,
          repeats,
          behindS: seconds,
          spanS: Math.max(0, seconds),
        };
        return [estimateCorrectness, estimatePermanence].every(
          (chance) => chance(evidence) > 0 && chance(evidence) < 1,
        );
      },
    ),
  );
});

const counts = (matched: readonly MatchedWord[]): string =>
  matched.map(({ word, repeats }) => `${word.text}${repeats}`).join(' ');

t.test('a word is found again in the next decode, at about the same time, in whatever case', async (t) => {
  const first = matchPreviousDecode([word('the', 0), word('cat', SECOND)], []);
  const second = matchPreviousDecode([word('The', 1_000), word('cat,', SECOND + 4_000)], first);
  t.equal(counts(second), 'The1 cat,1');
  t.equal(counts(matchPreviousDecode([word('the', 0), word('cat', SECOND)], second)), 'the2 cat2');
});
t.test('the same word said elsewhere is another word', async (t) => {
  const first = matchPreviousDecode([word('no', 0)], []);
  t.equal(counts(matchPreviousDecode([word('no', 0), word('no', SECOND)], first)), 'no1 no0');
});
t.test('a word that one decode left out begins again', async (t) => {
  const twice = matchPreviousDecode([word('yes', 0)], matchPreviousDecode([word('yes', 0)], []));
  t.equal(counts(matchPreviousDecode([word('yes', 0)], matchPreviousDecode([word('yet', 0)], twice))), 'yes0');
});

t.test('stable words bring no doubt on those behind them', async (t) => {
  const matched = matchPreviousDecode(
    [word('mumble', 0, 0.1), word('then', SECOND, 0.8), word('clear', 2 * SECOND, 0.9)],
    [],
  );
  const least = collectEvidence(matched, 1, { from: 0, edge: 3 * SECOND }).map(
    ({ leastConfidence }) => leastConfidence,
  );
  t.same(least, [0.8, 0.8]);
});

t.test('one more copy of a word was not heard before', async (t) => {
  const matched = matchPreviousDecode([word('more', 0), word('words', 4_000), word('words', 8_000)], []);
  const again = matchPreviousDecode(
    [word('more', 0), word('words', 4_000), word('words', 8_000), word('words', 11_000)],
    matched,
  );
  t.equal(counts(again), 'more1 words1 words1 words0');
});
