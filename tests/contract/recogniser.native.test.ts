import t from 'tap';
import { pathOf } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import { WorkerPool } from '../../server/engine/pool.ts';
import { jobOf, recogniserContract } from './recogniser.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const open = (engine: 'native' | 'stock' = 'native'): WorkerPool =>
  new WorkerPool({
    modelPath: pathOf(findModel('tiny.en')!),
    modelName: 'tiny.en',
    engine,
    decodeTimeoutMs: 120_000,
    workerMemoryMbMax: 4_096,
    log,
  });
const FILES = ['short_01.wav', 'short_07.wav', 'short_14.wav', 'jfk.wav'];

recogniserContract('native', () => open(), FILES);

t.test('a worker that is killed in the middle of a decode costs no answer', async (t) => {
  const pool = open();
  t.teardown(() => pool.close());
  await pool.ready();
  const answer = pool.decode(jobOf(1, 'jfk.wav'));
  setTimeout(() => process.kill(pool.pid!, 'SIGKILL'), 20);
  t.equal((await answer).kind, 'hypothesis');
  t.equal(pool.restarts, 1);
});

t.test('an aborted decode is answered as aborted', async (t) => {
  const pool = open();
  t.teardown(() => pool.close());
  await pool.ready();
  const answer = pool.decode(jobOf(1, 'jfk.wav', { windowFloor: 1_500 }));
  setTimeout(() => pool.abort(1), 30);
  t.match(await answer, { kind: 'hypothesis', hypothesis: { stop: 'aborted' } });
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
