import t from 'tap';
import type { Rehearing } from '../../../../client/sdk/index.ts';
import { describeResult, type RehearCalls, RehearWatch } from '../../../../client/web/meeting/rehear-watch.ts';

const job = (state: Rehearing['state'], doneMs = 0, more: Partial<Rehearing> = {}): Rehearing => ({
  ...{ id: 'T', state, model: 'large', doneMs, totalMs: 1_000, revised: 0 },
  ...more,
});

/** A server that answers each read with the next of `answers`, and the last again. */
function watchOf(answers: (Rehearing | undefined | Error)[], calls: Partial<RehearCalls> = {}) {
  const seen: string[] = [];
  const reads: string[] = [];
  const watch = new RehearWatch(
    {
      start: async (_, model) => job('waiting', 0, { model: model ?? 'default' }),
      read: async (transcript) => {
        reads.push(transcript);
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer instanceof Error) throw answer;
        return answer;
      },
      stop: async () => {},
      wait: async () => {},
      ...calls,
    },
    {
      changed: ({ state, doneMs, model }) => seen.push(`${state} ${doneMs} ${model}`),
      failed: (reason) => seen.push(`failed: ${reason}`),
    },
  );
  return { watch, seen, reads };
}

t.test('a job is followed from its start to its end, with the model that was chosen', async (t) => {
  const { watch, seen } = watchOf([undefined, job('running', 500), job('done', 1_000)]);
  await watch.follow('T');
  await watch.start('large');
  t.same(seen, ['waiting 0 large', 'running 500 large', 'done 1000 large']);
});

t.test('a job that is going on is found again; one that is over is not told of', async (t) => {
  const going = watchOf([job('running', 500), job('stopped', 500)]);
  await going.watch.follow('T');
  t.same(going.seen, ['running 500 large', 'stopped 500 large']);
  const over = watchOf([job('done', 1_000)]);
  await over.watch.follow('T');
  t.same(over.seen, []);
});

t.test('reads that fail for a while are repeated, and a server that stays away is told of', async (t) => {
  const back = watchOf([undefined, new Error('down'), new Error('down'), job('done', 1_000)]);
  await back.watch.follow('T');
  await back.watch.start(undefined);
  t.same(back.seen, ['waiting 0 default', 'done 1000 large']);
  const gone = watchOf([undefined, new Error('down')]);
  await gone.watch.follow('T');
  await gone.watch.start(undefined);
  t.same(gone.seen, ['waiting 0 default', 'failed: down']);
  t.ok(gone.reads.length < 50, 'not for ever');
});

t.test('a refusal is told of, and another meeting ends the watch of the one before', async (t) => {
  const refused = watchOf([undefined], { start: () => Promise.reject(new Error('Model x is not known.')) });
  await refused.watch.follow('T');
  await refused.watch.start('x');
  t.same(refused.seen, ['failed: Model x is not known.']);
  const { watch, seen, reads } = watchOf([job('running', 1)], { wait: () => watch.follow(undefined) });
  await watch.follow('T');
  t.same(seen, ['running 1 large']);
  t.ok(reads.length <= 2, `${reads.length} reads`);
});

t.test('what became of it is said in a sentence', async (t) => {
  t.equal(describeResult(job('done', 1_000, { revised: 3 })), '3 sentences were revised with large.');
  t.equal(describeResult(job('done', 1_000, { revised: 1 })), '1 sentence was revised with large.');
  t.equal(describeResult(job('done', 1_000)), 'No sentence was revised with large.');
  t.equal(describeResult(job('stopped', 1, { revised: 2 })), 'Stopped. 2 sentences were revised before that.');
  const error = { code: 'rehear.memory', message: 'Model large needs about 3000 MB.' };
  t.match(describeResult(job('failed', 1, { error })), /^It failed\. Model large needs about 3000 MB\. No sentence/);
});
