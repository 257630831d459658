import t from 'tap';
import type { Hypothesis, Word } from '../../../../server/core/hypothesis.ts';
import {
  hasMissedSentence,
  saysOther,
  selectBetterWords,
} from '../../../../server/core/second-hearing/compare-hearings.ts';
import type { SpanEvidence } from '../../../../server/core/stable/hallucinations.ts';
import { spokenWords } from '../../../support/spoken-words.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const FIRST = spokenWords('one two three four five six seven eight nine ten', 1);
const VOICE: SpanEvidence = {
  countVoiced: (from, to) => to - from,
  ...{ peakProbability: 1, peakLevel: 0.2, early: false },
};

function select(words: readonly Word[], change: Partial<Hypothesis> = {}, evidence = VOICE) {
  const sentences = [{ sentence: 1, from: 0, words: FIRST, language: 'en' }];
  const stretch = { sentences, from: 0, to: 160_000, language: 'en' };
  return selectBetterWords(stretch, sureHypothesis(words, change), evidence);
}

t.test('a second hearing that is as sure is taken', async (t) => {
  const words = spokenWords('one two tree four five six seven eight nine ten', 1);
  t.same(select(words), words);
  t.same(select(spokenWords('one two tree four five six seven', 1))?.length, 7, 'with some words less, too');
});

t.test('one that understood less changes nothing', async (t) => {
  const words = spokenWords('one two tree four five six seven eight nine ten', 1);
  t.equal(select(words.map((word) => ({ ...word, confidence: 0.7 }))), undefined, 'it is less sure');
  t.equal(select(words.slice(0, 6)), undefined, 'it misses words');
  t.equal(select([]), undefined, 'it heard nothing');
  t.equal(select(words, { stop: 'repeat' }), undefined, 'it was caught in a loop');
  t.equal(select(words, { stop: 'budget' }), undefined, 'it did not come to the end');
  t.equal(select(words, { language: 'de' }), undefined, 'it heard another language');
  const loop = spokenWords(`one two three ${new Array(9).fill('four').join(' ')}`, 1).map((word, i) =>
    i < 3 ? word : { ...word, from: 40_000 + i * 800, to: 40_800 + i * 800 },
  );
  t.equal(select(loop), undefined, 'it repeats itself');
});

t.test('it loses what nobody said like any decode', async (t) => {
  const words = [...spokenWords('one two three four five six seven eight nine ten', 1), ...spokenWords('Thanks', 9)];
  const evidence = { ...VOICE, countVoiced: (from: number, to: number) => Math.max(0, Math.min(to, 100_000) - from) };
  t.equal(select(words, {}, evidence)?.at(-1)?.text, 'ten');
  t.equal(select(words, { noSpeech: 0.9, averageLogProbability: -1.5 }), undefined);
});

t.test('a hesitation says nothing else, in the languages where it is one', async (t) => {
  t.notOk(saysOther(spokenWords('So it is.', 1), spokenWords('So, uh, it is.', 1), 'en'));
  t.notOk(saysOther(spokenWords('Um, so it is.', 1), spokenWords('So it is.', 1), 'en'));
  t.ok(saysOther(spokenWords('Um zehn.', 1), spokenWords('Zehn.', 1), 'de'));
  t.ok(saysOther(spokenWords('So it is.', 1), spokenWords('So it was.', 1), 'en'));
});

t.test('a number says the same in digits and as a word', async (t) => {
  t.notOk(saysOther(spokenWords('It took 8 hours.', 1), spokenWords('It took eight hours.', 1), 'en'));
  t.notOk(saysOther(spokenWords('Um zwölf Uhr.', 1), spokenWords('Um 12 Uhr.', 1), 'de'));
  t.ok(saysOther(spokenWords('It took 8 hours.', 1), spokenWords('It took nine hours.', 1), 'en'));
});

t.test('case and punctuation make no other words', async (t) => {
  t.notOk(saysOther(spokenWords('So, it is.', 1), spokenWords('so it is', 1), 'en'));
  t.ok(saysOther(spokenWords('So it is.', 1), spokenWords('So is it.', 1), 'en'));
  t.ok(saysOther(spokenWords('So it is.', 1), spokenWords('So it', 1), 'en'));
});

t.test('a sentence is missed where a voice has no words, and was not said where others have its time', async (t) => {
  const sentence = spokenWords('Yes, of course.', 10);
  const before = spokenWords('What time is it?', 1);
  t.ok(hasMissedSentence(sentence, before, VOICE));
  t.ok(hasMissedSentence(sentence, [...before, ...spokenWords('Good', 14)], VOICE));
  t.notOk(
    hasMissedSentence(sentence, [...before, ...spokenWords('of course it is', 9.8)], VOICE),
    'it is part of another',
  );
  t.notOk(hasMissedSentence(sentence, before, { countVoiced: () => 0 }), 'it is silence');
  t.notOk(hasMissedSentence(sentence, before, { countVoiced: (from, to) => (to - from) / 10 }), 'nearly');
});
