import t from 'tap';
import { ExtraModelRecogniser } from '../../../server/engine/extra-model.ts';
import { ScriptedRecogniser } from '../../../server/engine/script.ts';
import type { DecodeJob } from '../../../server/ports/recogniser.ts';

class ClosingRecogniser extends ScriptedRecogniser {
  isClosed = false;
  readonly aborted: number[] = [];

  override abort(job?: number): void {
    this.aborted.push(job!);
  }

  override close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

const job = (id: number, model?: string): DecodeJob => ({
  ...{ id, model, kind: 'final', samples: new Float32Array(16), fromSample: 0, language: 'en', languages: [] },
  ...{ task: 'transcribe', prompt: '', prefix: '' },
});
const never = new AbortController().signal;

t.test(
  'jobs that name the extra model go to it while it is loaded; all others, and all slots, are of the main one',
  async (t) => {
    const main = new ClosingRecogniser([], 3);
    const opened: ClosingRecogniser[] = [];
    const recogniser = new ExtraModelRecogniser({
      main,
      open: () => {
        opened.push(new ClosingRecogniser([]));
        return opened.at(-1)!;
      },
    });
    t.equal(recogniser.slots, 3);
    t.equal((await recogniser.ready()).model, 'script');
    await recogniser.decode(job(1, 'small'));
    await recogniser.load({ name: 'small', path: '/small' }, never);
    await recogniser.decode(job(2, 'small'));
    await recogniser.decode(job(3));
    await recogniser.decode(job(4, 'tiny.en'));
    recogniser.abort(2);
    await recogniser.load({ name: 'medium', path: '/medium' }, never);
    t.ok(opened[0]?.isClosed, 'one at a time');
    await recogniser.unload();
    t.ok(opened[1]?.isClosed);
    await recogniser.decode(job(5, 'medium'));
    const idsOf = (each?: ClosingRecogniser) => each?.jobs.map(({ id }) => id);
    t.same([main, ...opened].map(idsOf), [[1, 3, 4, 5], [2], []]);
    t.same(
      [main, ...opened].map(({ aborted }) => aborted),
      [[2], [2], []],
    );
    await recogniser.load({ name: 'small', path: '/small' }, AbortSignal.abort());
    t.equal(opened.length, 2, 'nothing is loaded for what was stopped');
    await recogniser.close();
    t.notOk(main.isClosed, 'whoever opened it closes it');
  },
);

t.test('what was stopped does not wait for the model, and a broken one is a fault', async (t) => {
  const main = new ScriptedRecogniser([]);
  const loading = Object.assign(new ClosingRecogniser([]), { ready: () => new Promise<never>(() => {}) });
  const stopped = new ExtraModelRecogniser({ main, open: () => loading });
  const abort = new AbortController();
  const load = stopped.load({ name: 'small', path: '/small' }, abort.signal);
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await load;
  await stopped.unload();
  t.ok(loading.isClosed);
  const broken = Object.assign(new ClosingRecogniser([]), { ready: () => Promise.reject(new Error('broken')) });
  await t.rejects(new ExtraModelRecogniser({ main, open: () => broken }).load({ name: 'x', path: '/x' }, never), {
    message: 'broken',
  });
});
