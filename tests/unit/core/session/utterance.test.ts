import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { Utterance } from '../../../../server/core/session/utterance.ts';

const STEP = 8_000;
const COMMIT = {
  policy: 'agreement',
  edgeSamples: STEP,
  earlyConfidence: 2,
  earlySamples: 0,
  leastSamples: 0,
} as const;
const SHOW = { edgeSamples: 2_000, confidence: 0.8, darkEdgeSamples: 2_000, darkConfidence: 0.8 };

const words = (line: string, lastConfidence = 0.5): Word[] =>
  line.split(' ').map((text, i, all) => ({
    text,
    space: true,
    from: i * STEP,
    to: (i + 1) * STEP,
    confidence: i === all.length - 1 ? lastConfidence : 0.5,
  }));

/** Decodes whose audio ends `margin` samples behind their last word; what is on screen after each. */
function check(decodes: readonly (readonly Word[])[], want: readonly string[], margin = 500): void {
  const utterance = new Utterance(0, COMMIT, SHOW);
  const got = decodes.map((decode) => {
    utterance.grow(decode, decode.at(-1)!.to + margin);
    return [...utterance.words.stable, ...utterance.visible].map(({ text }) => text).join(' ');
  });
  t.same(got, want);
}

t.test('half a word at the edge is not shown', async () => check([words('an ill')], ['an']));
t.test('the same word away from the edge is', async () => check([words('an ill')], ['an ill'], 2_000));
t.test('a word at the edge that two decodes say is shown', async () =>
  check([words('an ill'), words('an ill')], ['an', 'an ill']),
);
t.test('a sure word is shown at once', async () => check([words('an apple', 0.9)], ['an apple']));
t.test('what is hidden still counts as heard by the next decode', async () => {
  const utterance = new Utterance(0, COMMIT, SHOW);
  utterance.grow(words('an ill'), 2 * STEP + 500);
  utterance.grow(words('an ill'), 4 * STEP);
  t.equal(utterance.words.stable.map(({ text }) => text).join(' '), 'an ill');
});
