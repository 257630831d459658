import t from 'tap';
import { AudioRing } from '../../../../server/core/audio/ring.ts';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { FULL_SERVICE_LEVEL } from '../../../../server/core/schedule/load-shedder.ts';
import type { DecodeConditions } from '../../../../server/core/session/conditions.ts';
import { DecodePlanner, FAILURES_MAX } from '../../../../server/core/session/decode-planner.ts';
import { DecodePolicy } from '../../../../server/core/session/decode-policy.ts';
import { IllegalDecodeMove } from '../../../../server/core/session/decode-state.ts';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { Segmenter } from '../../../../server/core/session/segmenter.ts';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { Utterance } from '../../../../server/core/session/utterance.ts';
import { VAD_WINDOW_SAMPLES as WINDOW } from '../../../../server/core/speech/vad-history.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const WORDS: readonly Word[] = [{ text: 'Yes.', space: true, from: 0, to: 8_000, confidence: 0.9 }];
const CONDITIONS: DecodeConditions = {
  ...{ settings: SETTINGS, serviceLevel: FULL_SERVICE_LEVEL, leftContext: undefined, finals: [] },
};

/** An utterance that began with the session, and a second or so of it. */
function open() {
  const outputs = new OutputQueue();
  const ring = new AudioRing(PIPELINE.ringSeconds * 16_000);
  const segmenter = new Segmenter({ pipeline: PIPELINE, ring, from: 0, snapshot: undefined });
  const policy = new DecodePolicy({
    ...{ channel: 0, pipeline: PIPELINE, outputs, settings: SETTINGS, language: undefined },
  });
  const planner = new DecodePlanner({ pipeline: PIPELINE, ring, segmenter, outputs, policy });
  const utterance = new Utterance(PIPELINE, 0);
  let at = 0;
  const hear = (windows: number, probability: number): number => {
    for (let i = 0; i < windows; i++) {
      ring.write(new Float32Array(WINDOW).fill(0.2));
      if (segmenter.observe(at, at + WINDOW, probability) === 'started') segmenter.begin(at, at + WINDOW, 0);
      at += WINDOW;
    }
    return at;
  };
  const jobs = () =>
    outputs.drain().map((each) => (each.kind === 'recognise' ? (each.final ? 'final' : 'partial') : each.kind));
  return { planner, utterance, hear, jobs };
}

t.test('a partial is asked for when there is voice enough and enough is new, one at a time', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  planner.requestPartialWhenDue(utterance, hear(3, 0.9), CONDITIONS);
  t.same(jobs(), [], '96 ms of voice give no word');
  planner.requestPartialWhenDue(utterance, hear(5, 0.9), CONDITIONS);
  planner.requestPartialWhenDue(utterance, hear(20, 0.9), CONDITIONS);
  t.same(jobs(), ['partial']);
  t.match(planner.take(utterance, CONDITIONS), { kind: 'partial', fromSample: 0, language: 'en' });
  const read = planner.read(utterance, sureHypothesis(WORDS), CONDITIONS);
  t.match(read, { kind: 'partial', decode: { hypothesis: { words: WORDS } } });
  planner.requestPartialWhenDue(utterance, utterance.decode.decodedTo + 100, CONDITIONS);
  t.same(jobs(), [], 'nothing is new');
});

t.test('what the open sentence reads is the draft of the next decode, behind its left context', async (t) => {
  const { planner, utterance, hear } = open();
  planner.requestPartialWhenDue(utterance, hear(8, 0.9), CONDITIONS);
  t.equal(planner.take(utterance, CONDITIONS).draft, '', 'nothing is known yet');
  planner.read(utterance, sureHypothesis(WORDS), CONDITIONS);
  const edge = utterance.decode.decodedTo;
  utterance.text.grow(WORDS, { sentenceStart: 0, from: 0, edge });
  planner.requestPartialWhenDue(utterance, hear(20, 0.9), CONDITIONS);
  t.equal(planner.take(utterance, CONDITIONS).draft, utterance.text.text);
  t.not(utterance.text.text, '');
});

t.test('its audio is the newest when a slot is free', async (t) => {
  const { planner, utterance, hear } = open();
  planner.requestPartialWhenDue(utterance, hear(10, 0.9), CONDITIONS);
  const newest = hear(10, 0.9);
  t.equal(planner.take(utterance, CONDITIONS).samples.length, newest);
});

t.test('no partial is asked for where the client or the load wants none, nor after a failure', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  const to = hear(30, 0.9);
  const off = { ...CONDITIONS, settings: { ...SETTINGS, partials: { mode: 'off', everyMs: 200 } } } as const;
  planner.requestPartialWhenDue(utterance, to, off);
  planner.requestPartialWhenDue(utterance, to, { ...CONDITIONS, serviceLevel: { ...FULL_SERVICE_LEVEL, cadence: 0 } });
  t.same(jobs(), []);
  planner.requestPartialWhenDue(utterance, to, CONDITIONS);
  t.equal(planner.lose(utterance, 'failed', CONDITIONS), undefined);
  jobs();
  planner.requestPartialWhenDue(utterance, to, CONDITIONS);
  t.same(jobs(), []);
});

t.test('in a pause the final is decoded in case the speech is over, and the partial gives up its slot', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  planner.requestPartialWhenDue(utterance, hear(20, 0.9), CONDITIONS);
  const to = hear(6, 0.1);
  planner.speculate(utterance, to, CONDITIONS);
  planner.speculate(utterance, to, CONDITIONS);
  t.same(jobs(), ['partial', 'forget', 'final']);
  t.match(planner.take(utterance, CONDITIONS), { kind: 'final', fromSample: 0 });
  t.match(planner.read(utterance, sureHypothesis(WORDS), CONDITIONS), { kind: 'final' });
  planner.end(utterance, { at: to, lastVoice: 20 * WINDOW }, CONDITIONS);
  t.same(jobs(), [], 'nothing more is decoded');
  t.equal(utterance.phase.kind, 'complete');
});

t.test('too little voice for a word is not decoded', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  const to = hear(2, 0.9);
  planner.speculate(utterance, to, CONDITIONS);
  planner.end(utterance, { at: to, lastVoice: to }, CONDITIONS);
  t.same(jobs(), []);
  t.match(utterance.phase, { kind: 'complete', decode: undefined });
});

t.test('when the speaker goes on the speculative decode counts as a partial, or is not wanted any more', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  hear(20, 0.9);
  planner.speculate(utterance, hear(6, 0.1), CONDITIONS);
  t.equal(planner.resume(utterance, CONDITIONS), undefined);
  t.same(jobs(), ['final', 'forget']);
  planner.speculate(utterance, hear(6, 0.1), CONDITIONS);
  planner.take(utterance, CONDITIONS);
  planner.read(utterance, sureHypothesis(WORDS), CONDITIONS);
  t.match(planner.resume(utterance, CONDITIONS), {
    ...{ hypothesis: { words: WORDS }, pause: undefined, endSamples: undefined },
  });
  t.equal(utterance.phase.kind, 'idle');
});

t.test('where decodes are slow, one that was begun in a pause goes on, and says how long the pause was', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  const slow = sureHypothesis(WORDS, { decodeMs: PIPELINE.sentenceEnd.slowMs + 1 });
  hear(20, 0.9);
  planner.speculate(utterance, hear(6, 0.1), CONDITIONS);
  planner.take(utterance, CONDITIONS);
  planner.read(utterance, slow, CONDITIONS);
  hear(1, 0.9);
  t.match(
    planner.resume(utterance, CONDITIONS),
    { pause: 6 * WINDOW, endSamples: 8_000 },
    'though it was decoded in it',
  );
  hear(20, 0.9);
  planner.speculate(utterance, hear(7, 0.1), CONDITIONS);
  planner.take(utterance, CONDITIONS);
  hear(1, 0.9);
  t.equal(planner.resume(utterance, CONDITIONS), undefined);
  planner.speculate(utterance, hear(7, 0.1), CONDITIONS);
  t.same(jobs(), ['final', 'final'], 'and the next pause does not end it');
  t.match(planner.read(utterance, slow, CONDITIONS), { kind: 'partial', decode: { pause: 7 * WINDOW } });
});

t.test('a decode that hints may have led astray ends no sentence in a pause', async (t) => {
  const serviceLevel = { ...FULL_SERVICE_LEVEL, cadence: 5 };
  const slow = { ...CONDITIONS, serviceLevel, settings: { ...SETTINGS, vocabulary: ['Kubernetes'] } };
  const { planner, utterance, hear } = open();
  for (const [averageLogProbability, pause] of [
    [-0.1, 6 * WINDOW],
    [-0.9, undefined],
  ] as const) {
    hear(20, 0.9);
    planner.speculate(utterance, hear(6, 0.1), slow);
    planner.take(utterance, slow);
    hear(1, 0.9);
    planner.resume(utterance, slow);
    t.match(planner.read(utterance, sureHypothesis(WORDS, { averageLogProbability }), slow), {
      decode: { pause, endSamples: 8_000 },
    });
  }
});

t.test('where decodes are slow, one that waits for its slot in a pause is decoded up to that pause', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  const slow = { ...CONDITIONS, serviceLevel: { ...FULL_SERVICE_LEVEL, cadence: 5 } };
  hear(20, 0.9);
  const to = hear(6, 0.1);
  planner.speculate(utterance, to, slow);
  hear(1, 0.9);
  planner.resume(utterance, slow);
  t.equal(planner.take(utterance, slow).samples.length, to);
  t.match(planner.read(utterance, sureHypothesis(WORDS), slow), { kind: 'partial', decode: { pause: 6 * WINDOW } });
  planner.speculate(utterance, hear(6, 0.1), slow);
  hear(1, 0.9);
  planner.resume(utterance, slow);
  planner.dropPartial(utterance);
  planner.end(utterance, { at: to + 7 * WINDOW, lastVoice: to + 7 * WINDOW }, slow);
  t.same(jobs(), ['final', 'final', 'forget', 'final'], 'at the end of the speech it is not enough');
});

t.test('a sentence that has likely ended is decoded for its own sake, before partials of others', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  const slow = { ...CONDITIONS, serviceLevel: { ...FULL_SERVICE_LEVEL, cadence: 7.5 } };
  const due = hear(80, 0.9);
  planner.requestPartialWhenDue(utterance, due, slow);
  planner.take(utterance, slow);
  planner.read(utterance, sureHypothesis(WORDS), slow);
  const words = ['It', 'rained.', 'We'].map((text, i) => ({
    ...WORDS[0]!,
    text,
    from: i * 8_000,
    to: i * 8_000 + 8_000,
  }));
  utterance.text.grow(words, { sentenceStart: 0, from: 0, edge: due });
  planner.requestPartialWhenDue(utterance, due + 7_999, slow);
  t.same(jobs(), ['partial'], 'too little is new to settle it');
  planner.requestPartialWhenDue(utterance, due + 8_000, slow);
  t.same(jobs(), ['final']);
});

t.test('without partials a long sentence is decoded now and then, for the ends in it', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  const off = { ...CONDITIONS, serviceLevel: { ...FULL_SERVICE_LEVEL, cadence: 0 } };
  const soft = PIPELINE.segment.softMs * 16;
  planner.requestPartialWhenDue(utterance, soft - 1, off);
  t.same(jobs(), []);
  hear(Math.ceil(soft / WINDOW), 0.9);
  planner.requestPartialWhenDue(utterance, soft, off);
  t.same(jobs(), ['final']);
});

t.test('decodes that take very long begin without the sentence before', async (t) => {
  const { planner, utterance, hear } = open();
  hear(100, 0.9);
  const behind = { ...WORDS[0]!, text: 'Really.', from: 24_000, to: 32_000 };
  const leftContext = { from: 0, words: WORDS, language: 'en', context: [] };
  const conditions = { ...CONDITIONS, leftContext };
  utterance.move({ kind: 'beginSentence', at: 16_000 });
  const takeOne = (decodeMs: number): number => {
    planner.requestPartialWhenDue(utterance, hear(20, 0.9), conditions);
    const { fromSample } = planner.take(utterance, conditions);
    planner.read(utterance, sureHypothesis([...WORDS, behind], { decodeMs }), conditions);
    return fromSample;
  };
  t.same([takeOne(500), takeOne(9_000), takeOne(9_000)], [0, 0, 16_000]);
});

t.test('a final that is no use, dropped or failed is asked for again; then its audio is set aside', async (t) => {
  const { planner, utterance, hear, jobs } = open();
  hear(20, 0.9);
  const to = hear(6, 0.1);
  planner.end(utterance, { at: to, lastVoice: 20 * WINDOW }, CONDITIONS);
  planner.take(utterance, CONDITIONS);
  const aborted = sureHypothesis([], { stop: 'aborted' });
  t.match(planner.read(utterance, aborted, CONDITIONS), { kind: 'unusable' });
  t.equal(planner.lose(utterance, 'dropped', CONDITIONS), undefined);
  for (let failure = 1; failure < FAILURES_MAX; failure++)
    t.equal(planner.lose(utterance, 'failed', CONDITIONS), undefined);
  t.equal(jobs().filter((kind) => kind === 'final').length, 2 + FAILURES_MAX);
  t.equal(planner.lose(utterance, 'failed', CONDITIONS), to);
  t.match(utterance.phase, { kind: 'complete', decode: undefined });
});

t.test('the audio of a final is kept though the ring moves on', async (t) => {
  const { planner, utterance, hear } = open();
  hear(20, 0.9);
  const to = hear(6, 0.1);
  planner.end(utterance, { at: to, lastVoice: 20 * WINDOW }, CONDITIONS);
  hear(Math.ceil((PIPELINE.ringSeconds * 16_000) / WINDOW), 0.1);
  const { samples } = planner.take(utterance, CONDITIONS);
  t.equal(samples.length, to);
  t.ok(samples.every((sample) => sample !== 0));
});

t.test('an answer that nobody asked for is a bug', async (t) => {
  const { planner, utterance } = open();
  t.throws(() => planner.read(utterance, sureHypothesis(WORDS), CONDITIONS), IllegalDecodeMove);
});
