import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { type CommitOptions, StableWords } from '../../../../server/core/stable/agreement.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';

const STEP = 8_000;
const words = (line: string, confidence = 0.5): Word[] =>
  line
    .split(' ')
    .filter(Boolean)
    .map((text, i) => ({ text, space: true, from: i * STEP, to: (i + 1) * STEP, confidence }));

/** One decode a line, heard far beyond its words; what is stable after each. */
function check(
  decodes: readonly string[],
  want: readonly string[],
  policy: CommitOptions['policy'] = 'agreement',
  edge = 100 * STEP,
  { language, ...change }: Partial<CommitOptions> & { readonly language?: string } = {},
): void {
  const stable = new StableWords({
    policy,
    chance: 0.9,
    patience: 3,
    patienceSamples: 1_000_000,
    edgeSamples: STEP,
    earlyConfidence: 0.95,
    earlySamples: 2 * STEP,
    leastSamples: 0,
    ...change,
  });
  const got = decodes.map((line) => {
    const { tentative } = stable.push(words(line), { from: 0, edge, language });
    return `${joinWords(stable.stable)}|${stable.hanging}${joinWords(tentative)}`;
  });
  t.same(got, want);
}

t.test('one decode is not enough', async () => check(['the cat'], ['|the cat']));
t.test('two decodes that agree are', async () => check(['the cat', 'the cat sat'], ['|the cat', 'the cat|sat']));
t.test('a changed word holds back the words after it', async () =>
  check(['the cat sat', 'the hat sat'], ['|the cat sat', 'the|hat sat']),
);
t.test('case and punctuation do not hold a word back', async () =>
  check(['Hello world', 'hello, World'], ['|Hello world', 'hello, World|']),
);
t.test('punctuation waits for the word after it', async () =>
  check(['so it is.', 'so it is.', 'so it is, yes'], ['|so it is.', 'so it is|.', 'so it is|,yes']),
);
t.test('how often a word was said becomes stable with the word behind it', async () => {
  check(
    ['he said no no no', 'he said no no no', 'he said no no no no I', 'he said no no no no I'],
    ['|he said no no no', 'he said no|no no', 'he said no|no no no I', 'he said no no no no I|'],
  );
  check(['no no', 'no no', 'no no'], ['|no no', 'no|no', 'no|no']);
});
t.test('the rest of a word of which only the beginning was heard is added to it', async () => {
  check(
    ['there are 16', 'there are 16', 'there are 16,000 numbers'],
    ['|there are 16', 'there are 16|', 'there are 16|,000numbers'],
    ...(['agreement', 100 * STEP, { patienceSamples: STEP }] as const),
  );
  check(
    ['to out', 'to out', 'to outgaze him', 'to outgaze him'],
    ['|to out', 'to out|', 'to out|gazehim', 'to outgaze him|'],
  );
});
t.test('a number becomes stable with the word behind it: a later decode may write all of it as one', async () => {
  const paid = [
    ['they paid sixty', 'they paid sixty', 'they paid $60,000', 'they paid $60,000 for it', 'they paid $60,000 for it'],
    [
      '|they paid sixty',
      'they paid|sixty',
      'they paid|$60,000',
      'they paid $60,000|for it',
      'they paid $60,000 for it|',
    ],
  ] as const;
  check(...paid, 'agreement', 100 * STEP, { language: 'en' });
  check(
    ['they paid sixty', 'they paid sixty'],
    ['|they paid sixty', 'they paid sixty|'],
    ...(['agreement', 100 * STEP, { language: 'en', patienceSamples: STEP }] as const),
  );
});
t.test('a word that a decode could not place is not stable, however sure the decode is', async (t) => {
  const hear = (length: number): string => {
    const stable = new StableWords({
      ...{ policy: 'agreement', chance: 1, patience: 9, patienceSamples: 1_000_000 },
      ...{ edgeSamples: STEP, earlyConfidence: 0.95, earlySamples: 2 * STEP, leastSamples: 0 },
    });
    const sure = words('and here', 0.99).map((word) => ({ ...word, to: word.from + length }));
    stable.push(sure, { from: 0, edge: 100 * STEP });
    return joinWords(stable.stable);
  };
  t.equal(hear(320), '', 'one frame each');
  t.equal(hear(640), 'and here');
});
t.test('the end of a sentence behind a word that is heard differently now is noted', async () =>
  check(['the form', 'the form', 'the farm.'], ['|the form', 'the form|', 'the form|.']),
);
t.test('stable words are found again though the decode words them differently', async () =>
  check(['a b', 'a b c', 'a x c d', 'a x c d'], ['|a b', 'a b|c', 'a b c|d', 'a b c d|']),
);
t.test('a word near the edge is not stable though decodes agree', async () =>
  check(['the cat', 'the cat'], ['|the cat', 'the|cat'], 'agreement', 2 * STEP + 100),
);
t.test('away from the edge one decode is enough for the edge policy', async () =>
  check(['the cat'], ['the|cat'], 'edge', 2 * STEP + 100),
);
t.test('the published policy looks at agreement alone', async () =>
  check(['the cat', 'the cat'], ['|the cat', 'the cat|'], 'plain', 2 * STEP),
);

t.test('a very sure word is stable after one decode', async (t) => {
  const stable = new StableWords({
    policy: 'agreement',
    chance: 1,
    patience: 9,
    patienceSamples: 1_000_000,
    edgeSamples: STEP,
    earlyConfidence: 0.95,
    earlySamples: 2 * STEP,
    leastSamples: 0,
  });
  stable.push(words('sure thing', 0.99), { from: 0, edge: 100 * STEP });
  t.equal(joinWords(stable.stable), 'sure thing');
});

t.test('of too little audio nothing is stable, however sure and however often it is said', async (t) => {
  const stable = new StableWords({
    policy: 'agreement',
    chance: 1,
    patience: 9,
    patienceSamples: 1_000_000,
    edgeSamples: 0,
    earlyConfidence: 0.95,
    earlySamples: 0,
    leastSamples: 4 * STEP,
  });
  stable.push(words('Good you', 0.99), { from: 0, edge: 3 * STEP });
  stable.push(words('Good you', 0.99), { from: 0, edge: 4 * STEP - 1 });
  t.equal(joinWords(stable.stable), '');
  stable.push(words('Could you', 0.99), { from: 0, edge: 4 * STEP });
  t.equal(joinWords(stable.stable), 'Could you');
});

t.test('the last decode makes the rest stable and keeps what was', async (t) => {
  const stable = new StableWords({
    policy: 'plain',
    chance: 1,
    patience: 9,
    patienceSamples: 1_000_000,
    edgeSamples: 0,
    earlyConfidence: 2,
    earlySamples: 0,
    leastSamples: 0,
  });
  stable.push(words('we go'), { from: 0, edge: 0 });
  stable.push(words('we go'), { from: 0, edge: 0 });
  stable.finish(words('We go home.'));
  t.equal(joinWords(stable.stable), 'we go home.');
});

const TRUST = {
  policy: 'trust',
  chance: 0.9,
  patience: 2,
  patienceSamples: 1_000_000,
  edgeSamples: STEP,
  earlyConfidence: 2,
  earlySamples: 0,
  leastSamples: 0,
} as const;

t.test(
  'by trust a sure word away from the edge is stable at once, an unsure one holds back those behind it',
  async (t) => {
    const stable = new StableWords(TRUST);
    const [the, cat, sat] = words('the cat sat', 0.98);
    stable.push([the!, { ...cat!, confidence: 0.2 }, sat!], { from: 0, edge: 5 * STEP });
    t.equal(joinWords(stable.stable), 'the');
  },
);
t.test('by trust a word that decodes keep saying is stable in the end, however unsure', async (t) => {
  const stable = new StableWords(TRUST);
  const seen = [1, 2, 3].map(() => {
    stable.push(words('mumble', 0.05), { from: 0, edge: 5 * STEP });
    return joinWords(stable.stable);
  });
  t.same(seen, ['', '', 'mumble']);
});
t.test('by trust nothing at the edge is stable', async (t) => {
  const stable = new StableWords(TRUST);
  for (let n = 0; n < 5; n++) stable.push(words('sure thing', 0.99), { from: 0, edge: 2 * STEP + 100 });
  t.equal(joinWords(stable.stable), 'sure');
});
t.test(
  'by trust a word heard twice is stable once enough audio lies behind it, however seldom decodes come',
  async (t) => {
    const stable = new StableWords({ ...TRUST, patience: 9, patienceSamples: 3 * STEP });
    const seen = [4, 4, 5].map((steps) => {
      stable.push(words('mumble', 0.05), { from: 0, edge: steps * STEP - 1 });
      return joinWords(stable.stable);
    });
    t.same(seen, ['', '', 'mumble']);
  },
);

t.test(
  'a sentence has ended when decodes agree on its end for long enough, though the next word is unsure',
  async (t) => {
    const ended = (lines: readonly (readonly [string, number])[], endSamples?: number) => {
      const stable = new StableWords({ ...TRUST, patience: 9 });
      for (const [line, steps] of lines) stable.push(words(line, 0.3), { from: 0, edge: steps * STEP, endSamples });
      const { isEndSettled } = stable;
      return { isEndSettled, text: joinWords(stable.take(stable.stable.length)) };
    };
    const agreed = [
      ['it rained. We', 4],
      ['it rained. He', 5],
    ] as const;
    t.same(ended(agreed, STEP), { isEndSettled: true, text: 'it rained.' });
    t.same(ended(agreed, STEP + 1), { isEndSettled: false, text: '' }, 'not long enough');
    t.same(ended(agreed), { isEndSettled: false, text: '' }, 'nor where the next word is waited for');
    const last = [
      ['it rained.', 4],
      ['it rained.', 5],
    ] as const;
    t.same(ended(last, STEP), { isEndSettled: false, text: '' }, 'nothing follows yet');
    const changed = [
      ['it rained. We', 4],
      ['he rained. We', 5],
    ] as const;
    t.same(ended(changed, STEP), { isEndSettled: false, text: '' }, 'a word of it is new and unsure');
  },
);
