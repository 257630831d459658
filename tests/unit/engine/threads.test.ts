import t from 'tap';
import { threadsFor } from '../../../server/engine/child/threads.ts';

t.test('a decode alone has all cores, and one per core has one thread each', (t) => {
  for (const cores of [1, 2, 4, 16]) {
    t.equal(threadsFor(cores, 1), cores);
    t.equal(threadsFor(cores, cores), 1);
    t.equal(threadsFor(cores, cores + 3), 1);
  }
  t.end();
});

t.test('decodes side by side never ask for more threads than there are cores', (t) => {
  for (let cores = 1; cores <= 32; cores++) {
    for (let running = 1; running <= cores; running++) {
      const threads = threadsFor(cores, running);
      t.ok(threads >= 1 && threads * running <= cores, `${running} on ${cores} cores: ${threads} each`);
    }
  }
  t.end();
});
