import t from 'tap';
import type { Hypothesis, Word } from '../../../../server/core/hypothesis.ts';
import { rejectHallucinations, type SpanEvidence } from '../../../../server/core/stable/hallucinations.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';

const STEP = 6_000;
const loud: SpanEvidence = {
  countVoiced: (from, to) => to - from,
  peakProbability: 0.98,
  peakLevel: 0.2,
  early: false,
};
const weak: SpanEvidence = { ...loud, peakProbability: 0.55, peakLevel: 0.005 };

function hypothesis(line: string, change: Partial<Hypothesis> = {}): Hypothesis {
  const words = line
    .split(' ')
    .map((text, i): Word => ({ text, space: true, from: i * STEP, to: (i + 1) * STEP, confidence: 0.9 }));
  return {
    words,
    language: 'en',
    languageProbability: 1,
    noSpeech: 0.1,
    averageLogProbability: -0.2,
    compressionRatio: 1,
    stop: 'end',
    decodeMs: 1,
    ...change,
  };
}

function check(line: string, want: string, evidence = loud, change: Partial<Hypothesis> = {}): void {
  t.equal(joinWords(rejectHallucinations(hypothesis(line, change), evidence).words), want, line);
}

t.test('speech passes', async () => check('no, no, no, I said no', 'no, no, no, I said no'));
t.test(
  'a phrase that ends the text three times over is cut to one where nobody speaks, and stays where somebody does',
  async () => {
    const line = 'well it is what it is what it is what';
    check(line, 'well it is what', { ...loud, countVoiced: (from, to) => (to - from) / 3 });
    check(line, line);
  },
);
t.test('a word said a few times at a human pace over a voice stays, and so does what follows', async () => {
  check('no no no no', 'no no no no');
  check('some more words words words words and that is all', 'some more words words words words and that is all');
});
t.test('copies that come faster than anybody speaks go; what follows them stays', async () => {
  const fast = hypothesis('some words words words words and that is all');
  const words = fast.words.map((word, i) => (i < 6 ? { ...word, from: 600 * i, to: 600 * (i + 1) } : word));
  t.equal(joinWords(rejectHallucinations({ ...fast, words }, loud).words), 'some words and that is all');
});
t.test('a loop that the engine had to stop is cut to one', async () =>
  check('and LinkedIn LinkedIn LinkedIn LinkedIn', 'and LinkedIn', loud, { stop: 'repeat' }),
);
t.test('a decode that used up its budget of tokens was in a loop', async () =>
  check('and so so so so so so so so', 'and so', loud, { stop: 'budget' }),
);
t.test('a word that is said on purpose stays, however often', async () =>
  check('and so so so so so so so so', 'and so so so so so so so so'),
);
t.test('a copy of what was just said that takes no time goes; what follows it stays', async (t) => {
  const echo = hypothesis('just saying some words and just saying some words and more');
  const squeeze = (step: number) => ({
    ...echo,
    words: echo.words.map((word, i) =>
      i < 5 || i > 8 ? word : { ...word, from: 30_000 + step * (i - 5), to: 30_000 },
    ),
  });
  t.equal(joinWords(rejectHallucinations(squeeze(320), loud).words), 'just saying some words and and more');
  t.equal(
    joinWords(rejectHallucinations(squeeze(1_600), loud).words),
    joinWords(echo.words),
    'at a pace people speak at it stays',
  );
});
t.test('so does one word said twice in no time, and two right behind themselves', async (t) => {
  const check = (line: string, fast: number, want: string): void => {
    const slow = hypothesis(line);
    const words = slow.words.map((word, i) => (i < fast ? word : { ...word, from: 60_000 + 320 * i }));
    t.equal(joinWords(rejectHallucinations({ ...slow, words }, loud).words), want);
  };
  check('the expert, okay? Okay? Okay?', 3, 'the expert, okay? Okay?');
  check('any z any z', 2, 'any z');
  check('any z or any z', 3, 'any z or any z');
});
t.test('words in no time that were not said before stay', async (t) => {
  const fast = hypothesis('well I would not say so');
  const words = fast.words.map((word, i) => (i > 2 ? { ...word, from: 20_000 + 320 * i } : word));
  t.equal(joinWords(rejectHallucinations({ ...fast, words }, loud).words), 'well I would not say so');
});
t.test('copies with no voice under most of them go', async () =>
  check('oh no no no no', 'oh no', { ...loud, countVoiced: (from, to) => (to - from > STEP * 3 ? STEP : to - from) }),
);
t.test('a known phantom alone on weak audio goes', async () => check('Thank you.', '', weak));
t.test('the same words said loud and clear stay', async () => check('Thank you.', 'Thank you.'));
t.test('descriptions of sounds are no words', async () => check('[Music] hello (laughs)', 'hello'));
t.test('one letter stretched over a hum is no word, unless it is as short as people hum', async () => {
  for (const sound of ['MMMMM MMM MMMMM', 'Woooo', 'Hmmmm Hmmmm', 'S-S-', 'S- S- S-']) check(sound, '');
  check('S- S- so what', 'S- S- so what');
  check('I I I', 'I I I');
  check('Mmm, mmm.', 'Mmm, mmm.');
  check('Mmmmmmmmmmm, that is good', 'Mmmmmmmmmmm, that is good');
});
t.test('letters and interjections go where no clear voice is, and stay where one is', async () => {
  const call = { ...loud, peakProbability: 0.88 };
  for (const sound of ['S S S', 'Mmm.', 'Ooh', 'S-', 'Ah, oh!']) {
    check(sound, '', call);
    check(sound, sound);
  }
  check('oh no', 'oh no', call);
  check('是', '是', call);
});
t.test('words that the decoder is not sure of go where no clear voice is', async () => {
  const call = { ...loud, peakProbability: 0.8 };
  for (const doubtful of [{ noSpeech: 0.6 }, { averageLogProbability: -1.2 }]) {
    check("I'm...", '', call, doubtful);
    check("I'm...", "I'm...", loud, doubtful);
    check("I'm...", "I'm...", { ...call, early: true }, doubtful);
    check('This is a good video.', '', call, doubtful);
  }
  check('Sorry, sorry.', 'Sorry, sorry.', call, { noSpeech: 0.4, averageLogProbability: -0.9 });
});
t.test('both signs of no speech together drop everything', async () =>
  check('who knows what', '', loud, { noSpeech: 0.9, averageLogProbability: -1.4 }),
);
t.test('either sign alone does not', async () => check('who knows what', 'who knows what', loud, { noSpeech: 0.9 }));
t.test('words with no voice under them go', async () =>
  check('real words', 'real', { ...loud, countVoiced: (from) => (from < 1_000 ? 100 : 0) }),
);
t.test('what was dropped is reported with its reason', async (t) => {
  t.same(
    rejectHallucinations(hypothesis('Thank you.'), weak).suppressed.map(({ reason, words }) => [reason, words.length]),
    [['phantom', 2]],
  );
});
