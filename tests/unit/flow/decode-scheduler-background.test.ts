import t from 'tap';
import type { DecodeSpan } from '../../../server/core/session/outputs.ts';
import type { DecodeAnswer } from '../../../server/ports/recogniser.ts';
import { open, type ScriptedRecogniser, settled } from '../../support/scheduler-bench.ts';

t.test('a translation waits for everybody, and gives up its slot to a partial', (t) => {
  const { recogniser, scheduler, taken, post } = open(1);
  const translate = (job: number) =>
    scheduler.enqueue({
      ...{ session: 'a', job, final: false, background: 'translation', onAnswer: () => {} },
      takeSpan: () => {
        taken.push(`a${job}`);
        return { kind: 'final' } as DecodeSpan;
      },
    });
  post('b', 1, 'partial');
  translate(-1);
  post('b', 2, 'partial');
  t.same(recogniser.aborted, [], 'a partial keeps its slot');
  return recogniser
    .end()
    .then(() => recogniser.end())
    .then(() => {
      t.same(taken, ['b1', 'b2', 'a-1']);
      post('b', 3, 'partial');
      t.same(recogniser.aborted, [recogniser.running[0]!.job.id]);
    });
});

t.test('a second hearing waits for everything else, and gives up its slot to that', async (t) => {
  const { recogniser, scheduler, taken, answered, post } = open(1);
  const enqueue = (job: number, background: 'translation' | 'secondHearing') =>
    scheduler.enqueue({
      ...{ session: 'a', job, final: false, background },
      takeSpan: () => {
        taken.push(`a${job}`);
        return { kind: 'final' } as DecodeSpan;
      },
      onAnswer: ({ kind }) => answered.push(`a${job} ${kind}`),
    });
  post('b', 1, 'partial');
  enqueue(-1, 'secondHearing');
  enqueue(-2, 'translation');
  post('b', 2, 'partial');
  t.same(recogniser.aborted, [], 'a partial keeps its slot');
  for (let i = 0; i < 3; i++) await recogniser.end();
  t.same(taken, ['b1', 'b2', 'a-2', 'a-1']);
  enqueue(-3, 'translation');
  t.same(recogniser.aborted, [recogniser.running[0]!.job.id], 'it gives way to a translation');
  await recogniser.end();
  t.same(answered.at(-1), 'a-1 failed', 'and is answered');
});

t.test('the hearing of a stored transcript waits for second hearings, and gives up its slot to one', async (t) => {
  const { recogniser, scheduler, taken } = open(4);
  const enqueue = (job: number, background: 'secondHearing' | 'rehearing') =>
    scheduler.enqueue({
      ...{ session: 'a', job, final: false, background, onAnswer: () => {} },
      takeSpan: () => {
        taken.push(`a${job}`);
        return { kind: 'final' } as DecodeSpan;
      },
    });
  for (let job = 1; job <= 3; job++) enqueue(-job, 'rehearing');
  t.same(taken, ['a-1', 'a-2'], 'half of the slots stay free of both');
  t.same(recogniser.aborted, []);
  enqueue(-4, 'secondHearing');
  t.same(recogniser.aborted, [recogniser.running[1]!.job.id], 'the newer one gives way');
  await recogniser.end();
  t.same(taken.slice(2), ['a-4']);
});

t.test('half of the slots stay free of second hearings, and none begins under load', async (t) => {
  const { recogniser, scheduler, clock, advice, post } = open(4);
  const hearAgain = (job: number) =>
    scheduler.enqueue({
      ...{ session: 'a', job, final: false, background: 'secondHearing', onAnswer: () => {} },
      takeSpan: () => ({ kind: 'final' }) as DecodeSpan,
    });
  for (let job = 1; job <= 3; job++) hearAgain(-job);
  t.equal(recogniser.running.length, 2);
  await recogniser.end();
  t.equal(recogniser.running.length, 2, 'the third begins when there is a place');
  await recogniser.end();
  await recogniser.end();
  scheduler.addSession('b');
  for (let job = 1; job <= 12; job++) post('b', job, 'final');
  clock.pass(8_000);
  t.ok(advice.length > 0, 'finals wait for long');
  while (recogniser.running.length > 0) await recogniser.end();
  hearAgain(-4);
  t.equal(recogniser.running.length, 0, 'nothing begins while service is reduced');
  clock.pass(60_000);
  t.equal(recogniser.running.length, 1, 'it begins when the load is gone');
});

t.test('a second hearing is not begun in each gap of live decodes that is too short for it', async (t) => {
  const { recogniser, scheduler, clock, taken, post } = open(1);
  const hearAgain = (): void =>
    scheduler.enqueue({
      ...{ session: 'a', job: -1, final: false, background: 'secondHearing' },
      takeSpan: () => {
        taken.push('again');
        return { kind: 'final' } as DecodeSpan;
      },
      // As its session does: what was cut short is asked for again.
      onAnswer: (answer) => answer.kind === 'hypothesis' && answer.hypothesis.stop === 'aborted' && hearAgain(),
    });
  hearAgain();
  // Somebody speaks for 20 s: a partial every 300 ms, which takes 100 ms.
  for (let job = 1; job <= 66; job++) {
    post('a', job, 'partial');
    if (recogniser.aborted.length > 0 && taken.at(-1) === 'again') await cutShort(recogniser);
    clock.pass(100);
    await recogniser.end();
    clock.pass(200);
  }
  const begun = taken.filter((each) => each === 'again').length;
  t.ok(begun >= 3 && begun <= 8, `it is tried ${begun} times, less and less often`);
  clock.pass(1_400);
  t.equal(taken.at(-1), 'again', 'once nobody speaks it begins');
  await recogniser.end();
});

/** Ends the oldest decode as an engine does that was told to abort it. */
async function cutShort({ running }: ScriptedRecogniser): Promise<void> {
  const { job, end } = running.shift()!;
  end({ kind: 'hypothesis', job: job.id, hypothesis: { stop: 'aborted' } } as DecodeAnswer);
  await settled();
}

t.test(
  'a decode of a recording yields its slot to live speech, and is decoded again with the audio it took',
  async (t) => {
    const { recogniser, taken, answered, post } = open(1);
    post('file', 1, 'recording');
    post('a', 1, 'partial');
    t.equal(recogniser.aborted.length, 1);
    await cutShort(recogniser);
    t.same(taken, ['file1', 'a1']);
    t.same(answered, [], 'its session has nothing to do again');
    while (recogniser.running.length > 0) await recogniser.end();
    t.same(taken, ['file1', 'a1']);
    t.same(answered, ['a1 failed', 'file1 failed']);
  },
);

t.test('one that has waited long yields no more, and one that is cancelled does not come back', async (t) => {
  const old = open(1);
  old.post('file', 1, 'recording');
  old.clock.ms = 10_000;
  old.post('a', 1, 'final');
  t.same(old.recogniser.aborted, []);
  const gone = open(1);
  gone.post('file', 1, 'recording');
  gone.post('a', 1, 'final');
  gone.scheduler.cancel('file', 1);
  await cutShort(gone.recogniser);
  while (gone.recogniser.running.length > 0) await gone.recogniser.end();
  t.equal(gone.answered.filter((answer) => answer.startsWith('file')).length, 1);
  t.equal(gone.recogniser.aborted.length, 1, 'it is aborted once');
});

t.test('a recording is no load: live sessions get full service however much of it waits', async (t) => {
  const { scheduler, advice, clock, recogniser, post } = open(1);
  for (let job = 0; job < 20; job++) post('file', job, 'recording');
  for (let i = 0; i < 20; i++) clock.pass(400);
  t.same(advice, []);
  t.equal(scheduler.serviceLevel.step, 'none');
  while (recogniser.running.length > 0) await recogniser.end();
});
