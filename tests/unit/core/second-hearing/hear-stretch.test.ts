import t from 'tap';
import { describeDecode, reviseStretch } from '../../../../server/core/second-hearing/hear-stretch.ts';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import { spokenWords } from '../../../support/spoken-words.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const VOICED = { countVoiced: (from: number, to: number) => to - from, peakProbability: 1, peakLevel: 1, early: false };
const TEXTS = ['The manager showed us the new machine.', 'We like it.'];
const all = spokenWords(TEXTS.join(' '), 1);
const [first, second] = [all.slice(0, 7), all.slice(7)];
const sentences = [first, second].map((words, i) => ({ sentence: i + 1, from: words[0]!.from, words, language: 'en' }));
const STRETCH = { sentences, from: 16_000, to: 96_000, language: 'en' };

const revise = (text: string, other?: string, isOtherBetter = false) =>
  reviseStretch(
    STRETCH,
    {
      hypothesis: sureHypothesis(spokenWords(text, 1, 0.9)),
      other: other === undefined ? undefined : sureHypothesis(spokenWords(other, 1, 0.95)),
    },
    { evidence: VOICED, isOtherBetter },
  )?.map((hearing) => (typeof hearing === 'string' ? hearing : joinWords(hearing)));

t.test('a stretch is decoded whole, in its language, with beams and the vocabulary', async (t) => {
  t.match(describeDecode(STRETCH, ['Zarathustra'], PIPELINE.secondHearing), {
    ...{ kind: 'final', task: 'transcribe', language: 'en', languages: [], prompt: 'Zarathustra.', prefix: '' },
    ...{ windowFloor: PIPELINE.secondHearing.windowFloor, beamSize: PIPELINE.secondHearing.beamSize },
  });
});

t.test('each sentence gets its words where they are others', async (t) => {
  t.same(revise('the manager showed us a new machine we like it'), ['The manager showed us a new machine.', 'same']);
  t.same(revise(TEXTS.join(' ')), ['same', 'same']);
});

t.test('a voice without words is a sentence that was missed', async (t) => {
  t.same(revise(TEXTS[0]!), ['same', 'missed']);
});

t.test('what understood less is no hearing', async (t) => {
  t.equal(revise('The manager.'), undefined);
});

t.test('of two decodes that are nearly as sure, the better model has the say', async (t) => {
  const [one, other] = [
    'The manager showed us a new machine. We like it.',
    'The manager showed us one new machine. We like it.',
  ];
  t.same(revise(one, other), ['The manager showed us a new machine.', 'same']);
  t.same(revise(one, other, true), ['The manager showed us one new machine.', 'same']);
  t.same(
    revise('The manager.', other),
    ['The manager showed us one new machine.', 'same'],
    'one that understood less has none',
  );
});
