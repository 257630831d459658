import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { UtteranceText } from '../../../../server/core/session/utterance-text.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';

const STEP = 8_000;
const COMMIT = {
  policy: 'agreement',
  chance: 1,
  patience: 9,
  patienceSamples: 1_000_000,
  edgeSamples: 100 * STEP,
  earlyConfidence: 2,
  earlySamples: 0,
  leastSamples: 0,
} as const;
const START = { sentenceStart: 0, from: 0 };
const SHOW = { chance: 0.8, firstChance: 0.6, holdDecodes: 1 };

const words = (line: string, lastConfidence = 0.5, confidence = 0.5): Word[] =>
  line.split(' ').map((text, i, all) => ({
    text,
    space: true,
    from: i * STEP,
    to: (i + 1) * STEP,
    confidence: i === all.length - 1 ? lastConfidence : confidence,
  }));

/** Decodes whose audio ends `margin` samples behind their last word; what is on screen after each. */
function check(decodes: readonly (readonly Word[])[], want: readonly string[], margin = 500): void {
  const text = new UtteranceText(COMMIT, SHOW);
  const got = decodes.map((decode) => {
    text.grow(decode, { ...START, edge: decode.at(-1)!.to + margin });
    return joinWords([...text.stable, ...text.visible]);
  });
  t.same(got, want);
}

const UNSURE = words('on hill', 0.05, 0.05);

t.test('half a word at the edge is not shown', async () => check([words('an ill', 0.2)], ['an']));
t.test('the same word away from the edge is', async () => check([words('an ill', 0.2)], ['an ill'], 32_000));
t.test('a word at the edge that decodes keep saying is shown', async () =>
  check([words('an ill', 0.2), words('an ill', 0.2), words('an ill', 0.2)], ['an', 'an', 'an ill']),
);
t.test('a sure word is shown at once', async () => check([words('an apple', 0.9)], ['an apple']));
t.test('a word on screen stays there while it is said, though it would not be shown anew', async () =>
  check([words('an apple', 0.9), words('an apple pie', 0.05, 0.1)], ['an apple', 'an apple']),
);
t.test('an unsure decode that says something else changes nothing at first', async () =>
  check([words('an apple', 0.9), UNSURE, words('an apple', 0.9)], ['an apple', 'an apple', 'an apple']),
);
t.test('when the next decode says it too the old words go', async () =>
  check([words('an apple', 0.9), UNSURE, UNSURE], ['an apple', 'an apple', '']),
);
t.test('a sure decode that says something else is shown at once', async () =>
  check([words('an apple', 0.9), words('on hills', 0.9, 0.9)], ['an apple', 'on hills']),
);
t.test('what is hidden still counts as heard by the next decode', async () => {
  const text = new UtteranceText({ ...COMMIT, edgeSamples: STEP }, SHOW);
  text.grow(words('an ill', 0.2), { ...START, edge: 2 * STEP + 500 });
  text.grow(words('an ill', 0.2), { ...START, edge: 4 * STEP });
  t.equal(joinWords(text.stable), 'an ill');
});
