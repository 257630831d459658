import t from 'tap';
import type { DecodeSpan } from '../../../server/core/session/outputs.ts';
import { DecodeScheduler } from '../../../server/flow/decode-scheduler.ts';
import { silentMeter as meter } from '../../../server/flow/silent-meter.ts';
import type { DecodeAnswer, DecodeJob } from '../../../server/ports/recogniser.ts';
import { open, reportBug, settled } from '../../support/scheduler-bench.ts';
import { ScriptedClock } from '../../support/scripted-clock.ts';

t.test('no more decodes run than there are slots, and every job is answered once', async (t) => {
  const { recogniser, answered, post } = open(2);
  for (let job = 0; job < 10; job++) post('a', job, job % 3 === 0 ? 'final' : 'partial');
  while (recogniser.running.length > 0) await recogniser.end();
  t.equal(recogniser.most, 2);
  t.equal(answered.length, 10);
  t.equal(new Set(answered).size, 10);
});

t.test('finals run before partials, oldest first, and audio is taken only when a slot is free', async (t) => {
  const { recogniser, taken, clock, post } = open(1);
  post('a', 1, 'partial');
  post('b', 1, 'partial');
  clock.ms = 10;
  post('a', 2, 'final');
  clock.ms = 20;
  post('c', 1, 'final');
  t.same(taken, ['a1']);
  while (recogniser.running.length > 0) await recogniser.end();
  t.same(taken, ['a1', 'a2', 'c1', 'b1']);
});

t.test('among partials the session that was served longest ago comes first', async (t) => {
  const { recogniser, taken, clock, post } = open(1);
  clock.ms = 5;
  post('a', 1, 'partial');
  post('a', 2, 'partial');
  clock.ms = 10;
  post('b', 1, 'partial');
  while (recogniser.running.length > 0) await recogniser.end();
  t.same(taken, ['a1', 'b1', 'a2']);
});

t.test('a final that finds no slot takes that of the youngest partial, never that of a final', async (t) => {
  const partials = open(2);
  partials.post('a', 1, 'partial');
  partials.post('b', 1, 'partial');
  partials.post('c', 1, 'final');
  t.same(partials.recogniser.aborted, [partials.recogniser.running[1]!.job.id]);
  const finals = open(1);
  finals.post('a', 1, 'final');
  finals.post('b', 1, 'final');
  t.same(finals.recogniser.aborted, []);
});

t.test('finals that wait together take a slot each, and no partial is aborted twice', async (t) => {
  const { recogniser, post } = open(3);
  post('a', 1, 'partial');
  post('b', 1, 'partial');
  post('c', 1, 'final');
  post('d', 1, 'final');
  const [first, second] = recogniser.running.map(({ job }) => job.id);
  t.same(recogniser.aborted, [second]);
  post('e', 1, 'final');
  t.same(recogniser.aborted, [second, first]);
  post('f', 1, 'final');
  t.same(recogniser.aborted, [second, first], 'there is no other partial to abort');
});

t.test('a job that is no longer wanted leaves its slot to the next', async (t) => {
  const { recogniser, taken, post } = open(1);
  post('a', 1, 'partial', 'gone');
  post('b', 1, 'partial');
  t.same(taken, ['a1', 'b1']);
  t.equal(recogniser.running.length, 1);
});

t.test('what is forgotten while it waits never runs, and is aborted while it runs', async (t) => {
  const { recogniser, scheduler, taken, post } = open(1);
  post('a', 1, 'partial');
  post('a', 2, 'partial');
  post('b', 1, 'partial');
  scheduler.cancel('a', 1);
  t.same(recogniser.aborted, [recogniser.running[0]!.job.id]);
  scheduler.removeSession('b');
  await recogniser.end();
  await recogniser.end();
  t.same(taken, ['a1', 'a2']);
});

t.test('partials beyond the bound are dropped and reported as such; finals never are', async (t) => {
  const { recogniser, answered, post } = open(1);
  for (let job = 0; job < 300; job++) post('a', job, 'partial');
  const dropped = answered.filter((answer) => answer.endsWith('dropped')).length;
  t.equal(dropped, 300 - 256 - 1);
  for (let job = 300; job < 700; job++) post('a', job, 'final');
  while (recogniser.running.length > 0) await recogniser.end();
  t.equal(answered.filter((answer) => answer.endsWith('dropped')).length, dropped);
  t.equal(answered.length, 700);
});

t.test('long waits make partials rarer, short ones bring them back', async (t) => {
  const { recogniser, advice, clock, post } = open(1);
  for (let job = 0; job < 20; job++) {
    post('a', job, 'partial');
    post('b', job, 'partial');
    clock.pass(2_000);
    while (recogniser.running.length > 0) await recogniser.end();
  }
  t.ok(Math.max(...advice) > 1, 'rarer');
  for (let job = 20; job < 120; job++) {
    clock.pass(1_000);
    post('a', job, 'partial');
    await recogniser.end();
  }
  t.equal(advice.at(-1), 1, 'as often as asked');
});

/** Speakers of sentences of three seconds with a second between, over a recogniser that takes as long as it is told. */
async function simulate(speakers: number, seconds: number, cost: { partial: number; final: number }) {
  const clock = new ScriptedClock();
  const steps: string[] = [];
  const waits: number[] = [];
  let cadence = 1;
  let partials = 0;
  const recogniser = {
    ...{ slots: 2, ready: () => Promise.reject(new Error('not asked')), close: () => Promise.resolve() },
    aborts: new Map<number, () => void>(),
    abort(job: number): void {
      this.aborts.get(job)?.();
    },
    decode(job: DecodeJob): Promise<DecodeAnswer> {
      return new Promise((end) => {
        const answer: DecodeAnswer = { kind: 'failed', job: job.id, code: 'engine.busy', text: '' };
        const timer = clock.setTimer(cost[job.kind], () => end(answer));
        this.aborts.set(job.id, () => {
          timer[Symbol.dispose]();
          clock.setTimer(20, () => end(answer));
        });
      });
    },
  };
  const scheduler = new DecodeScheduler({
    ...{ recogniser, clock, meter, partialIntervalMs: 300, realTimeFactor: 0.05, reportBug },
    onServiceLevelChange: (advice) => {
      cadence = advice.cadence;
      steps.push(advice.step);
    },
  });
  let job = 0;
  const inFlight = new Set<string>();
  for (let ms = 0; ms < seconds * 1_000; ms += 10) {
    for (let n = 0; n < speakers; n++) {
      const session = `s${n}`;
      const at = (ms + n * 370) % 4_000;
      if (at === 3_150) {
        const askedMs = clock.nowMs();
        const take = (): DecodeSpan => {
          if (ms > 10_000) waits.push(clock.nowMs() - askedMs);
          return { kind: 'final' } as DecodeSpan;
        };
        scheduler.enqueue({ session, job: ++job, final: true, takeSpan: take, onAnswer: () => {} });
      } else if (at < 3_000 && cadence > 0 && at % Math.round(300 * cadence) < 10 && !inFlight.has(session)) {
        inFlight.add(session);
        const answer = (): void => {
          inFlight.delete(session);
          partials++;
        };
        scheduler.enqueue({
          session,
          job: ++job,
          final: false,
          takeSpan: () => ({ kind: 'partial' }) as DecodeSpan,
          onAnswer: answer,
        });
      }
    }
    clock.pass(10);
    await settled();
  }
  const sorted = waits.toSorted((a, b) => a - b);
  return { steps, partials, scheduler, p95: sorted[Math.floor(sorted.length * 0.95)]! };
}

t.test('one speaker gets all partials, many get slower ones, and the finals of neither wait', async (t) => {
  const one = await simulate(1, 30, { partial: 120, final: 250 });
  t.equal(one.p95, 0);
  t.same(one.steps, []);
  t.ok(one.partials > 60, `${one.partials} partials`);
  const many = await simulate(14, 40, { partial: 120, final: 250 });
  t.ok(many.p95 <= 250, `p95 ${many.p95} ms`);
  t.ok(many.partials > 14 * 10, `${many.partials} partials`);
  t.equal(many.scheduler.mustRefuse(14), true, 'and there is no room for one more');
});

t.test('what is more than the machine can carry turns partials off and drops no final', async (t) => {
  const { steps, scheduler } = await simulate(24, 40, { partial: 120, final: 400 });
  t.ok(steps.includes('off'), [...new Set(steps)].join());
  t.equal(scheduler.mustRefuse(24), true);
});

t.test('partials come back by themselves when everybody has fallen silent', async (t) => {
  const { recogniser, advice, clock, post } = open(1);
  for (let job = 0; job < 40; job++) {
    post('a', job, 'final');
    post('b', job, 'final');
    clock.pass(2_000);
    while (recogniser.running.length > 0) await recogniser.end();
  }
  t.equal(advice.at(-1), 0, 'they are off');
  clock.pass(60_000);
  t.equal(advice.at(-1), 1, 'as often as asked');
  const before = advice.length;
  clock.pass(60_000);
  t.equal(advice.length, before, 'and then nothing more is said');
});
