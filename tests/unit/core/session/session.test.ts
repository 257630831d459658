import t from 'tap';
import type { SessionInput } from '../../../../server/core/session/inputs.ts';
import type { SessionOutput } from '../../../../server/core/session/outputs.ts';
import { SessionCore } from '../../../../server/core/session/session.ts';
import { PIPELINE, type SessionSettings } from '../../../../server/core/session/settings.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const WINDOW = 512;

/** A session whose VAD and recogniser are answered at once: two words for every decode. */
function open(settings: Partial<SessionSettings> = {}, core = new SessionCore({ ...SETTINGS, ...settings }, PIPELINE)) {
  const outputs: SessionOutput[] = [];
  const handle = (input: SessionInput, voice = 0): void => {
    for (const output of core.handle(input)) {
      outputs.push(output);
      if (output.kind === 'detect') handle({ ...output, kind: 'probability', value: voice }, voice);
      if (output.kind !== 'recognise') continue;
      const span = core.take(output.job)!;
      const from = span.fromSample;
      const words = ['Hello', 'there.'].map((text, i) => ({
        ...{ text, space: true, from: from + i * 8_000, to: from + i * 8_000 + 7_000, confidence: 0.99 },
      }));
      handle({ kind: 'hypothesis', job: output.job, hypothesis: sureHypothesis(words) }, voice);
    }
  };
  const hear = (seconds: number, voice: number): void => {
    for (let left = Math.round(seconds * 16_000); left > 0; left -= 1_600) {
      const samples = new Float32Array(Math.min(left, 1_600)).fill(0.2);
      handle({ kind: 'audio', channels: Array.from({ length: settings.channels ?? 1 }, () => samples) }, voice);
    }
  };
  const events = () => outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []));
  const types = (...wanted: readonly string[]) =>
    events()
      .filter(({ type }) => wanted.includes(type))
      .map(({ type }) => type);
  return { core, outputs, handle, hear, events, types };
}

t.test('speech becomes a final, and a finished session says it is done and closes', async (t) => {
  const { core, outputs, handle, hear, events, types } = open();
  hear(1.5, 0.95);
  hear(1.5, 0.02);
  t.match(
    events().find(({ type }) => type === 'final'),
    { text: 'Hello there.', sentence: 1, channel: 0 },
  );
  handle({ kind: 'finish' });
  t.same(types('final', 'done'), ['final', 'done']);
  t.match(events().at(-1), { type: 'done', audioMs: 3_000, sentences: 1 });
  t.same(outputs.at(-1), { kind: 'closed' });
  t.equal(core.state, 'closed');
});

t.test('a closed session hears nothing any more', async (t) => {
  const { core, handle } = open();
  handle({ kind: 'finish' });
  t.same(core.handle({ kind: 'audio', channels: [new Float32Array(1_600)] }), []);
  t.same(core.handle({ kind: 'finish' }), []);
});

t.test('a flush ends what is being said, and is answered behind it', async (t) => {
  const { handle, hear, events, types } = open();
  hear(1.5, 0.95);
  handle({ kind: 'flush', id: 'f' });
  hear(0.1, 0.02);
  t.same(types('final', 'flushed'), ['final', 'flushed']);
  t.match(events().at(-1), { type: 'flushed', id: 'f', audioMs: 1_500 });
});

t.test('a pause ends it, too, and is not answered', async (t) => {
  const { handle, hear, types } = open();
  hear(1.5, 0.95);
  handle({ kind: 'pause' });
  hear(0.1, 0.02);
  t.same(types('final', 'flushed'), ['final']);
});

t.test(
  'what is heard again in a pause ends there: audio that came meanwhile may begin with the next words',
  async (t) => {
    const { outputs, handle, hear } = open({ revise: true });
    hear(1.1, 0.95);
    handle({ kind: 'pause' });
    t.match(
      outputs.find(({ kind }) => kind === 'hearAgain'),
      { to: 17_600 },
    );
  },
);

t.test('another script ends what is heard again: no stretch has sentences in both', async (t) => {
  const { outputs, handle, hear } = open({ revise: true });
  const configure = (language: string) => handle({ kind: 'configure', settings: { type: 'configure', language } });
  hear(1.5, 0.95);
  hear(1.5, 0.02);
  const requests = () => outputs.filter(({ kind }) => kind === 'hearAgain').length;
  configure('zh');
  t.equal(requests(), 0, 'another language alone does not');
  configure('zh-Hant');
  t.equal(requests(), 1);
});

t.test('each channel is a speaker of its own', async (t) => {
  const { hear, handle, events } = open({ channels: 2 });
  hear(1.5, 0.95);
  hear(1.5, 0.02);
  handle({ kind: 'finish' });
  const finals = events().filter(({ type }) => type === 'final');
  t.same(new Set(finals.map((event) => (event.type === 'final' ? event.channel : -1))), new Set([0, 1]));
  t.match(events().at(-1), { type: 'done', sentences: 2 });
});

t.test('settings change from here on, and the load is reported', async (t) => {
  const { core, handle, events } = open();
  handle({ kind: 'configure', settings: { type: 'configure', language: 'de', vocabulary: ['Sotto'] } });
  t.match(core.settings, { language: 'de', vocabulary: ['Sotto'], task: 'transcribe' });
  handle({ kind: 'load', serviceLevel: { step: 'slow', cadence: 2, model: 'own', windows: 'full', lagMs: 0 } });
  t.match(events().at(-1), { type: 'notice', code: 'lag' });
});

t.test('audio is there for a while, and no longer', async (t) => {
  const { core, hear } = open();
  hear(1, 0.02);
  t.equal(core.audio(0, 0, WINDOW).length, WINDOW);
  t.equal(core.held(0, 0, 1_000_000)?.length, 16_000, 'as far as it is there');
  t.throws(() => core.audio(0, 0, 20_000), RangeError);
  hear(PIPELINE.ringSeconds, 0.02);
  t.equal(core.held(0, 0, WINDOW), undefined);
  t.equal(core.held(1, 0, WINDOW), undefined, 'there is no such channel');
});

t.test('a session goes on from its snapshot with the audio from there, and says nothing twice', async (t) => {
  const before = open();
  before.hear(1.5, 0.95);
  before.hear(1.5, 0.02);
  const snapshot = JSON.parse(JSON.stringify(before.core.snapshot));
  const again = open({}, new SessionCore(SETTINGS, PIPELINE, snapshot));
  again.hear((48_000 - snapshot.from) / 16_000, 0.02);
  again.handle({ kind: 'finish' });
  t.same(again.types('final'), []);
  t.match(again.events().at(-1), { type: 'done', sentences: 1, audioMs: 3_000 });
});

t.test('a recording asks for finals alone, of stretches over its pauses, and hears nothing of the load', async (t) => {
  const { core, handle, hear, events, outputs } = open({
    source: 'recording',
    partials: { mode: 'off', everyMs: 300 },
  });
  const spans: number[] = [];
  const take = core.take.bind(core);
  core.take = (job) => {
    const span = take(job);
    if (span !== undefined) spans.push(span.samples.length / 16_000);
    return span;
  };
  for (let i = 0; i < 12; i++) {
    hear(4, 0.95);
    hear(1.2, 0.02);
  }
  handle({ kind: 'load', serviceLevel: { step: 'short', cadence: 7.5, model: 'own', windows: 'short', lagMs: 9_000 } });
  hear(4, 0.02);
  handle({ kind: 'finish' });
  t.ok(spans.length >= 3 && spans.length <= 5, `${spans}`);
  t.ok(Math.max(...spans) > 20 && Math.max(...spans) <= 29.5, `${spans}`);
  t.ok(spans.reduce((sum, seconds) => sum + seconds, 0) > 12 * 5.2 - 3, 'all of the speech was decoded');
  t.ok(outputs.every((output) => output.kind !== 'recognise' || output.final));
  t.notOk(events().some(({ type }) => type === 'notice' || type === 'partial'));
  t.equal(events().at(-1)?.type, 'done');
});
