import t from 'tap';
import { LIMITS } from '../../../protocol/index.ts';
import type { Hypothesis } from '../../../server/core/hypothesis.ts';
import type { SecondHypothesis } from '../../../server/core/session/inputs.ts';
import type { DecodeSpan } from '../../../server/core/session/outputs.ts';
import { StretchDecoder } from '../../../server/flow/stretch-decoder.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { sureHypothesis } from '../../support/sure-hypothesis.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function open(held = true) {
  const clock = new ManualClock();
  const spans: DecodeSpan[] = [];
  const ends: ((hypothesis: Hypothesis) => void)[] = [];
  const results: SecondHypothesis[] = [];
  const behind: (readonly [string, number])[] = [];
  const decoder = new StretchDecoder({
    decoder: {
      decode: (span, _, signal) =>
        new Promise((resolve, reject) => {
          spans.push(span);
          ends.push(resolve);
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    },
    clock,
    meter: { heardAgain: (outcome, ms) => behind.push([outcome, ms]) },
    readAudio: (_, from, to) => (held ? new Float32Array(to - from) : undefined),
    findArrivalMs: (audioMs) => audioMs,
    onResult: (result) => results.push(result),
    onError: (error) => {
      throw error;
    },
  });
  const ask = (stretch: number, channel = 0, spokenMs = 0, otherModel?: string): void =>
    decoder.decode({
      ...{ kind: 'hearAgain', stretch, to: 48_000, spokenMs, otherModel },
      span: { kind: 'final', channel, fromSample: 16_000 } as DecodeSpan,
    });
  return { clock, spans, ends, results, behind, decoder, ask };
}

t.test('a stretch is decoded with its audio, and the result is told once', async (t) => {
  const { clock, spans, ends, results, behind, ask } = open();
  ask(1);
  t.match(spans, [{ fromSample: 16_000, samples: { length: 32_000 } }]);
  clock.pass(27_000);
  ends[0]!(sureHypothesis([]));
  await settled();
  t.match(results, [{ kind: 'secondHypothesis', stretch: 1, hypothesis: { stop: 'end' } }]);
  t.same(behind, [['heard', 27_000]], 'so long after its first sentence');
  t.equal(clock.waiting, 0);
});

t.test('it is given up when it is too far behind', async (t) => {
  const { clock, results, behind, ask } = open();
  clock.pass(30_000);
  ask(1, 0, 5_000);
  clock.pass(LIMITS.secondHearingMs - 25_001);
  await settled();
  t.same(results, []);
  clock.pass(1);
  await settled();
  t.same(results, [{ kind: 'noSecondHypothesis', stretch: 1 }]);
  t.same(behind, [['given up', LIMITS.secondHearingMs]]);
});

t.test('a channel has one: the next takes its place, and another channel has its own', async (t) => {
  const { results, ask, ends } = open();
  ask(1);
  ask(2, 1);
  ask(3);
  await settled();
  t.same(results, [{ kind: 'noSecondHypothesis', stretch: 1 }]);
  ends[1]!(sureHypothesis([]));
  ends[2]!(sureHypothesis([]));
  await settled();
  t.match(results.slice(1), [
    { stretch: 2, kind: 'secondHypothesis' },
    { stretch: 3, kind: 'secondHypothesis' },
  ]);
});

t.test('what is not held any more is not decoded, and that is told', async (t) => {
  const { spans, results, ask } = open(false);
  ask(1);
  t.same(results, [], 'not before the request has returned');
  await settled();
  t.same(results, [{ kind: 'noSecondHypothesis', stretch: 1 }]);
  t.equal(spans.length, 0);
});

t.test('the end of a session waits for a few seconds', async (t) => {
  const { clock, results, decoder, ask } = open();
  ask(1);
  decoder.hurry();
  ask(2, 1);
  clock.pass(LIMITS.secondHearingAtEndMs - 1);
  await settled();
  t.same(results, []);
  clock.pass(1);
  await settled();
  t.same(
    results.map(({ kind }) => kind),
    ['noSecondHypothesis', 'noSecondHypothesis'],
  );
});

t.test('nothing is told after it was closed', async (t) => {
  const { clock, results, decoder, ask } = open();
  ask(1);
  decoder.close();
  clock.pass(LIMITS.secondHearingMs);
  await settled();
  t.same(results, []);
  t.equal(clock.waiting, 0);
});

t.test('another model decodes the same afterwards; if it is late, the first counts alone', async (t) => {
  const { clock, spans, ends, results, ask } = open();
  ask(1, 0, 0, 'tiny.en');
  ends[0]!(sureHypothesis([]));
  await settled();
  t.same(results, []);
  t.match(spans, [{ model: undefined }, { model: 'tiny.en', fromSample: 16_000, samples: { length: 32_000 } }]);
  ends[1]!(sureHypothesis([], { averageLogProbability: -0.3 }));
  await settled();
  t.match(results, [{ hypothesis: { averageLogProbability: -0.1 }, other: { averageLogProbability: -0.3 } }]);
  ask(2, 0, 0, 'tiny.en');
  ends[2]!(sureHypothesis([]));
  await settled();
  clock.pass(LIMITS.secondHearingMs);
  await settled();
  t.match(results[1], { kind: 'secondHypothesis', stretch: 2, other: undefined });
});
