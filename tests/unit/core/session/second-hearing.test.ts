import t from 'tap';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { Revisions } from '../../../../server/core/session/revisions.ts';
import { SecondHearing } from '../../../../server/core/session/second-hearing.ts';
import { PIPELINE, type SessionSettings } from '../../../../server/core/session/settings.ts';
import type { SpanEvidence } from '../../../../server/core/stable/hallucinations.ts';
import { createAfterFinal } from '../../../support/after-final.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { spokenWords } from '../../../support/spoken-words.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const REVISING: SessionSettings = { ...SETTINGS, revise: true, cleanup: { mode: 'default', instruction: '' } };
const TEXTS = ['The manager showed us the new machine.', 'It is the new machine.', 'We like it very much.'];

function open(settings: SessionSettings = REVISING, countVoiced?: SpanEvidence['countVoiced']) {
  const outputs = new OutputQueue();
  const { secondHearing, revisions } = createAfterFinal(outputs, countVoiced);
  const say = (texts = TEXTS): void => {
    let at = 1;
    for (const [i, text] of texts.entries()) {
      const words = spokenWords(text, at);
      secondHearing.add(0, { sentence: i + 1, from: words[0]!.from, words, language: 'en' }, settings);
      at += words.length / 2;
    }
    secondHearing.end(Number.POSITIVE_INFINITY, settings);
  };
  const requests = () => outputs.drain().flatMap((output) => (output.kind === 'hearAgain' ? [output] : []));
  const answer = (text: string, stretch = 1): void => {
    const hypothesis = sureHypothesis(spokenWords(text, 1));
    secondHearing.read({ kind: 'secondHypothesis', stretch, hypothesis }, settings);
  };
  return { outputs, secondHearing, revisions, say, requests, answer };
}

t.test('sentences are decoded again as a whole, with beams and the vocabulary', async (t) => {
  const { say, requests, secondHearing } = open({ ...REVISING, vocabulary: ['Zarathustra'] });
  say();
  t.match(requests(), [
    {
      span: {
        ...{ kind: 'final', channel: 0, fromSample: 16_000, language: 'en', languages: [], task: 'transcribe' },
        ...{ prompt: 'Zarathustra.', prefix: '', windowFloor: 1_500, beamSize: PIPELINE.secondHearing.beamSize },
      },
      ...{ stretch: 1, spokenMs: 4_400 },
    },
  ]);
  t.equal(secondHearing.pending, 1);
});

t.test('a sentence with other words is revised and cleaned again; the others are left alone', async (t) => {
  const { outputs, say, requests, answer, secondHearing, revisions } = open();
  say();
  requests();
  answer('the manager showed us a new machine it is the new machine. We like it very much');
  t.match(outputs.drain(), [
    {
      event: {
        ...{ type: 'revised', channel: 0, sentence: 1, text: 'The manager showed us a new machine.', model: 'own' },
        words: { 4: { text: 'a', fromMs: 3_000, toMs: 3_400, confidence: 0.9 }, length: 7 },
      },
    },
    { kind: 'clean', sentence: 1, text: 'The manager showed us a new machine.', revised: true },
  ]);
  t.equal(secondHearing.pending, 0);
  revisions.readRewrite({ kind: 'rewrite', sentence: 1, text: 'Stale.', model: 'm', tookMs: 1 }, REVISING);
  t.same(outputs.drain(), [], 'a cleaning of the words before does not count');
  const rewrite = {
    kind: 'rewrite',
    sentence: 1,
    revised: true,
    text: 'The manager showed us a new machine.',
  } as const;
  revisions.readRewrite({ ...rewrite, model: 'm', tookMs: 1 }, REVISING);
  t.match(outputs.drain(), [{ event: { type: 'cleaned', sentence: 1, revised: true, text: rewrite.text } }]);
});

t.test('a sentence that nobody said becomes empty; one that was said and is missed stays', async (t) => {
  const { outputs, say, requests, answer } = open();
  say();
  requests();
  const words = [...spokenWords(TEXTS[0]!, 1), ...spokenWords(TEXTS[2]!, 7)];
  t.equal(words.length, 12);
  answer('');
  t.same(outputs.drain(), [], 'but not with nothing at all');
  const hearWith = (count?: SpanEvidence['countVoiced']) => {
    const { secondHearing, outputs: others, say: sayAgain } = open(REVISING, count);
    sayAgain();
    others.drain();
    secondHearing.read({ kind: 'secondHypothesis', stretch: 1, hypothesis: sureHypothesis(words) }, REVISING);
    return others.drain().flatMap((output) => (output.kind === 'event' ? [output.event] : []));
  };
  // Silence where the sentence is said to be.
  const [from, to] = [72_000, 112_000];
  const countVoiced = (a: number, b: number): number =>
    Math.max(0, from - a) + Math.max(0, b - to) - Math.max(0, a - to) - Math.max(0, from - b);
  t.match(hearWith(countVoiced), [{ type: 'revised', sentence: 2, text: '', words: [] }]);
  t.same(hearWith(), [], 'there is a voice that has no words now');
});

t.test('an answer counts once, and none is as good as the words there are', async (t) => {
  const { outputs, say, requests, answer, secondHearing } = open();
  say();
  requests();
  secondHearing.read({ kind: 'noSecondHypothesis', stretch: 1 }, REVISING);
  answer('The manager showed us a new machine. It is the new machine. We like it very much.');
  t.same(outputs.drain(), []);
  t.equal(secondHearing.pending, 0);
});

t.test('nothing is heard again where that is off, or where the text is a translation', async (t) => {
  for (const settings of [
    { ...REVISING, revise: false },
    { ...REVISING, revise: undefined },
    { ...REVISING, task: 'translate' as const },
  ]) {
    const { say, requests } = open(settings);
    say();
    t.same(requests(), []);
  }
});

t.test('channels are heard apart', async (t) => {
  const outputs = new OutputQueue();
  const revisions = new Revisions(outputs);
  const readEvidence = () => ({ countVoiced: () => 1, peakProbability: 1, peakLevel: 1, early: false });
  const secondHearing = new SecondHearing({ pipeline: PIPELINE, outputs, revisions, readEvidence });
  for (const channel of [0, 1])
    secondHearing.add(
      channel,
      { sentence: channel + 1, from: 0, words: spokenWords('So it is.', 1), language: 'en' },
      REVISING,
    );
  secondHearing.end(Number.POSITIVE_INFINITY, REVISING);
  t.match(outputs.drain(), [{ span: { channel: 0 } }, { span: { channel: 1 } }]);
});

t.test('where two models differ, the surer words are taken; one that understood less has no vote', async (t) => {
  const best = 'The manager showed us the new engine. It is the new machine. We like it very much.';
  for (const [stop, expected] of [
    ['end', ['The manager showed us the new engine.']],
    ['repeat', []],
  ] as const) {
    const { outputs, say, requests, secondHearing } = open();
    say();
    requests();
    const hypothesis = sureHypothesis(spokenWords(TEXTS.join(' '), 1, 0.85));
    const other = sureHypothesis(spokenWords(best, 1, 0.99), { stop });
    secondHearing.read({ kind: 'secondHypothesis', stretch: 1, hypothesis, other }, REVISING);
    const events = outputs.drain().flatMap((output) => (output.kind === 'event' ? [output.event] : []));
    t.same(
      events.flatMap((event) => (event.type === 'revised' ? [event.text] : [])),
      expected,
    );
  }
});

t.test('Chinese stays in the script of its finals when another one is asked for meanwhile', async (t) => {
  const revise = (answer: string): string[] => {
    const { outputs, secondHearing } = open();
    const words = spokenWords('东北 军队 的 爱国 将士', 1);
    secondHearing.add(0, { sentence: 1, from: words[0]!.from, words, language: 'zh' }, REVISING);
    secondHearing.end(Number.POSITIVE_INFINITY, REVISING);
    const hypothesis = sureHypothesis(spokenWords(answer, 1), { language: 'zh' });
    secondHearing.read({ kind: 'secondHypothesis', stretch: 1, hypothesis }, REVISING, 'Hant');
    const events = outputs.drain().flatMap((output) => (output.kind === 'event' ? [output.event] : []));
    return events.flatMap((event) => (event.type === 'revised' ? [event.text] : []));
  };
  t.same(revise('東北 軍隊 的 愛國 將士'), [], 'the same words');
  t.same(revise('東北 軍營 的 愛國 將士'), ['东北军营的爱国将士']);
});
