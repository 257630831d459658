import t from 'tap';
import { countCutErrors, type FinalText } from '../../bench/cut-errors.ts';

const STEP = 500;

/** A final of words of half a second each. */
const final = (text: string, fromMs: number): FinalText => ({
  text,
  words: text.split(' ').map((word, i) => ({ text: word, fromMs: fromMs + i * STEP, toMs: fromMs + (i + 1) * STEP })),
});
const recording = (text: string, words: { word: string; start: number; end: number }[] = []) => ({
  ...{ text, language: 'en', words },
});
const timed = (text: string) =>
  text.split(' ').map((word, i) => ({ word, start: (i * STEP) / 1_000, end: ((i + 1) * STEP) / 1_000 }));

t.test('a word that is missing where an utterance ends is lost there, wherever that is', async (t) => {
  const spoken = recording('we meet the team today. what next');
  const lost = countCutErrors(spoken, [final('we meet the team', 0), final('what next', 4_000)], [2_500, 5_500]);
  t.match(lost, { lostAtEnds: 1, insertedAtCuts: 0 });
  const last = countCutErrors(spoken, [final('we meet the team today what', 0)], [3_500]);
  t.match(last, { lostAtEnds: 1, insertedAtCuts: 0 });
});

t.test('words that are missing inside an utterance, or many in a row, were not lost by its end', async (t) => {
  const inside = countCutErrors(
    recording('we meet the team today. what next'),
    [final('we meet the team', 0), final('what next', 2_500)],
    [4_500],
  );
  t.equal(inside.lostAtEnds, 0, 'a sentence was cut there, the utterance went on');
  const many = countCutErrors(recording('we meet the whole team in town'), [final('we meet', 0)], [1_000]);
  t.equal(many.lostAtEnds, 0);
});

t.test(
  'where times are known, a word at the start of the next utterance was not lost at the end of this one',
  async (t) => {
    const words = [...timed('we meet'), { word: 'so', start: 4, end: 4.5 }, { word: 'what', start: 4.5, end: 5 }];
    const finals = [final('we meet', 0), final('what', 4_500)];
    t.equal(countCutErrors(recording('we meet so what', words), finals, [1_200, 5_200]).lostAtEnds, 0);
    t.equal(countCutErrors(recording('we meet so what'), finals, [1_200, 5_200]).lostAtEnds, 1);
  },
);

t.test('a word too many counts near a cut, and not far from one', async (t) => {
  const spoken = recording('one line at a time. are there any questions');
  const near = countCutErrors(
    spoken,
    [final('one line at a time', 0), final('italian are there any questions', 2_600)],
    [2_500, 5_200],
  );
  t.match(near, { lostAtEnds: 0, insertedAtCuts: 1 });
  const far = countCutErrors(
    recording('one line at a time. are there any more questions today'),
    [final('one line at a time', 0), final('are there any more more questions today', 2_600)],
    [2_500, 6_200],
  );
  t.match(far, { lostAtEnds: 0, insertedAtCuts: 0 });
  const start = countCutErrors(spoken, [final('so one line at a time are there any questions', 0)], [5_200]);
  t.equal(start.insertedAtCuts, 0, 'nothing was cut where the first begins');
});

t.test('words are compared as errors are counted: numbers and spellings alike', async (t) => {
  const errors = countCutErrors(recording('it costs twenty five dollars'), [final('It costs $25.', 0)], [1_500]);
  t.match(errors, { lostAtEnds: 0, insertedAtCuts: 0 });
});

t.test('each error is listed with the words and cuts around it', async (t) => {
  const lost = countCutErrors(
    recording('we meet the team today. what next'),
    [final('we met the team', 0), final('what next', 4_000)],
    [2_500, 5_500],
  );
  t.same(lost.listed, ['we meet>met the team *-today* what next']);
  const inserted = countCutErrors(
    recording('one line at a time. are there any'),
    [final('one line at a time', 0), final('italian are there any', 2_600)],
    [2_500, 5_200],
  );
  t.same(inserted.listed, ['one line at a time | *+italian* are there any']);
});
