import t from 'tap';
import { FULL_SERVICE_LEVEL } from '../../../../server/core/schedule/load-shedder.ts';
import { FAILURES_MAX } from '../../../../server/core/session/decode-planner.ts';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';
import { Sentences } from '../../../../server/core/session/sentences.ts';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { Track } from '../../../../server/core/session/track.ts';
import { createAfterFinal } from '../../../support/after-final.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const CONDITIONS = { settings: SETTINGS, serviceLevel: FULL_SERVICE_LEVEL };
const TENTH = 1_600;

/** One channel, answered by hand. */
function open() {
  const outputs = new OutputQueue();
  const after = createAfterFinal(outputs);
  const sentences = new Sentences(outputs, after);
  const track = new Track({
    ...{ channel: 0, pipeline: PIPELINE, outputs, sentences, settings: SETTINGS, from: 0, snapshot: undefined },
    secondHearing: after.secondHearing,
  });
  let jobs: { job: number; final: boolean }[] = [];
  const finals: string[] = [];
  const notices: string[] = [];
  const turns: number[] = [];
  let isSpeaking = false;
  const drain = (voice: number): void => {
    for (const output of outputs.drain()) {
      if (output.kind === 'detect') track.judge(output.from, output.to, voice, CONDITIONS);
      if (output.kind === 'recognise') jobs.push(output);
      if (output.kind === 'forget') jobs = jobs.filter(({ job }) => job !== output.job);
      if (output.kind === 'predictTurnEnd') turns.push(output.to);
      if (output.kind !== 'event') continue;
      if (output.event.type === 'speech') isSpeaking = output.event.state === 'start';
      if (output.event.type === 'final') finals.push(output.event.text);
      if (output.event.type === 'notice') notices.push(output.event.code);
    }
  };
  const hear = (seconds: number, voice: number): void => {
    for (let i = 0; i < seconds * 10; i++) {
      track.addAudio(new Float32Array(TENTH).fill(0.2));
      // Judging asks for decodes.
      drain(voice);
      drain(voice);
    }
  };
  const answer = (text: string): void => {
    const { job } = jobs.pop()!;
    const span = track.take(job, CONDITIONS)!;
    const words = text.split(' ').map((word, i) => ({
      ...{ text: word, space: true, from: span.fromSample + i * 8_000, to: span.fromSample + i * 8_000 + 7_000 },
      confidence: 0.99,
    }));
    track.read(job, sureHypothesis(words), CONDITIONS);
    drain(0);
  };
  const noteTurnEnd = (probability: number): void => {
    track.noteTurnEnd(turns.pop()!, probability, CONDITIONS);
    drain(0);
  };
  return {
    track,
    hear,
    answer,
    noteTurnEnd,
    turns,
    finals,
    notices,
    drain,
    jobs: () => jobs,
    isSpeaking: () => isSpeaking,
  };
}

t.test('speech that has ended is published once its final decode is there', async (t) => {
  const { track, hear, answer, finals, jobs } = open();
  hear(1.5, 0.95);
  hear(1.5, 0.02);
  t.match(jobs(), [{ final: true }]);
  t.notOk(track.isIdle);
  t.ok(track.undecoded > 16_000);
  answer('Hello there.');
  t.same(finals, ['Hello there.']);
  t.ok(track.isIdle);
});

t.test('utterances are published in the order they were spoken, whichever is decoded first', async (t) => {
  const { hear, answer, finals, jobs } = open();
  for (let i = 0; i < 2; i++) {
    hear(1.5, 0.95);
    hear(1.5, 0.02);
  }
  t.equal(jobs().length, 2);
  answer('Second.');
  t.same(finals, []);
  answer('First.');
  t.same(finals, ['First.', 'Second.']);
});

t.test('speech that cannot be decoded is set aside with a notice, and holds up nothing', async (t) => {
  const { track, hear, answer, finals, notices, drain, jobs } = open();
  hear(1.5, 0.95);
  hear(1.5, 0.02);
  for (let i = 0; i < FAILURES_MAX; i++) {
    const { job } = jobs().pop()!;
    track.lose(job, 'failed', CONDITIONS);
    drain(0);
  }
  t.equal(notices.length, 1);
  t.ok(track.isIdle);
  hear(1.5, 0.95);
  hear(1.5, 0.02);
  answer('Afterwards.');
  t.same(finals, ['Afterwards.']);
});

t.test('a cut ends what is being said where it is', async (t) => {
  const { track, hear, answer, finals, drain } = open();
  hear(1.5, 0.95);
  const waiting = track.cut(track.judgedTo, CONDITIONS);
  drain(0);
  t.equal(waiting.length, 1);
  t.same(track.endedBefore(track.judgedTo), waiting);
  answer('Hello there.');
  t.same(finals, ['Hello there.']);
  t.ok(waiting[0]!.isPublished);
});

t.test('an answer that nobody waits for changes nothing', async (t) => {
  const { track, hear, finals } = open();
  hear(1.5, 0.95);
  t.equal(track.take(999, CONDITIONS), undefined);
  track.read(999, sureHypothesis([]), CONDITIONS);
  track.lose(999, 'failed', CONDITIONS);
  t.same(finals, []);
});

t.test('what must be heard again after a restart begins before the open speech', async (t) => {
  const { track, hear } = open();
  hear(10, 0.02);
  const silent = track.neededFrom;
  t.ok(silent >= 8.5 * 16_000, 'a second is enough in silence');
  hear(3, 0.95);
  t.ok(track.neededFrom <= 10 * 16_000);
  t.match(track.snapshot, { gate: 'open', utterances: [{ end: undefined }] });
});

t.test('only the first utterance may publish: a pause in a later one ends no sentence before it', async (t) => {
  const { hear, answer, finals, jobs } = open();
  hear(1.5, 0.95);
  hear(1.5, 0.02);
  hear(2, 0.95);
  hear(0.2, 0.02);
  t.equal(jobs().length, 2);
  answer('Second one. And more of it.');
  hear(0.2, 0.95);
  t.same(finals, []);
  answer('First.');
  t.same(finals, ['First.']);
});

t.test(
  'speech ends at once when the turn detector hears that the speaker is done, whichever answer comes last',
  async (t) => {
    for (const order of ['decode first', 'turn first']) {
      const { hear, answer, noteTurnEnd, turns, finals, isSpeaking } = open();
      hear(1.5, 0.95);
      hear(0.2, 0.02);
      t.equal(turns.length, 1, 'asked once');
      if (order === 'decode first') answer('Hello there.');
      else noteTurnEnd(0.99);
      t.ok(isSpeaking(), order);
      if (order === 'decode first') noteTurnEnd(0.99);
      else answer('Hello there.');
      t.notOk(isSpeaking(), order);
      t.same(finals, ['Hello there.'], order);
    }
  },
);

t.test('speech goes on over a long pause when the turn detector hears that the speaker does', async (t) => {
  const { hear, answer, noteTurnEnd, finals, isSpeaking } = open();
  hear(1.5, 0.95);
  hear(0.2, 0.02);
  noteTurnEnd(0.01);
  answer('Hello there,');
  hear(1.1, 0.02);
  t.ok(isSpeaking());
  hear(0.5, 0.02);
  t.notOk(isSpeaking(), 'but no longer than that');
  t.same(finals, ['Hello there,']);
});
