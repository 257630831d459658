import t from 'tap';
import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import { type PoolOptions, WorkerPool } from '../../server/engine/pool.ts';
import { simulateDelay } from '../support/until.ts';
import { wordErrorRate } from '../support/wer.ts';
import { jobOf, recogniserContract, spokenIn } from './recogniser.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const open = (engine: 'native' | 'stock' = 'native', more: Partial<PoolOptions> = {}): WorkerPool =>
  new WorkerPool({
    modelPath: getModelPath(findModel('tiny.en')!),
    modelName: 'tiny.en',
    engine,
    decodeTimeoutMs: 120_000,
    workerMemoryMbMax: 4_096,
    log,
    ...more,
  });
const FILES = ['short_01.wav', 'short_07.wav', 'short_14.wav', 'jfk.wav'];

recogniserContract('native', () => open(), FILES, 4);

t.test('a worker that is killed in the middle of a decode costs no answer', async (t) => {
  const pool = open();
  t.teardown(() => pool.close());
  await pool.ready();
  const answer = pool.decode(jobOf(1, 'jfk.wav'));
  void simulateDelay(20).then(() => process.kill(pool.pid!, 'SIGKILL'));
  t.equal((await answer).kind, 'hypothesis');
  t.equal(pool.restarts, 1);
});

t.test('an aborted decode is answered as aborted', async (t) => {
  const pool = open();
  t.teardown(() => pool.close());
  await pool.ready();
  const answer = pool.decode(jobOf(1, 'jfk.wav', { windowFloor: 1_500 }));
  void simulateDelay(30).then(() => pool.abort(1));
  t.match(await answer, { kind: 'hypothesis', hypothesis: { stop: 'aborted' } });
});

t.test('beams and temperatures are options of the engine and of a job', async (t) => {
  const pool = open('native', { finalBeams: 2, finalRetries: 2 });
  t.teardown(() => pool.close());
  await pool.ready();
  for (const [id, change] of [{}, { beamSize: 1 }, { beamSize: 4, temperatures: [0] }].entries()) {
    const answer = await pool.decode(jobOf(id + 1, 'short_01.wav', change));
    if (answer.kind !== 'hypothesis') throw new Error(answer.text);
    const { errors } = wordErrorRate(
      spokenIn('short_01.wav'),
      answer.hypothesis.words.map(({ text }) => text).join(' '),
    );
    t.ok(errors <= 2, `${errors} errors with ${JSON.stringify(change)}`);
  }
});

t.test('a model that is broken or missing is a fault, not a loop of restarts', async (t) => {
  for (const [modelPath, code] of [
    ['/nowhere.bin', 'model.absent'],
    [new URL(import.meta.url).pathname, 'model.corrupt'],
  ] as const) {
    const pool = new WorkerPool({
      modelPath,
      modelName: 'm',
      engine: 'native',
      decodeTimeoutMs: 1_000,
      workerMemoryMbMax: 4_096,
      log,
    });
    await t.rejects(pool.ready(), { code });
    t.equal((await pool.decode(jobOf(1, 'short_01.wav'))).kind, 'failed');
    await pool.close();
  }
});
