import t from 'tap';
import { chooseThreadCount } from '../../../server/engine/child/threads.ts';

t.test('a decode alone has all cores, and one per core has one thread each', (t) => {
  for (const cores of [1, 2, 4, 16]) {
    t.equal(chooseThreadCount(cores, 1), cores);
    t.equal(chooseThreadCount(cores, cores), 1);
    t.equal(chooseThreadCount(cores, cores + 3), 1);
  }
  t.end();
});

t.test('decodes side by side never ask for more threads than there are cores', (t) => {
  for (let cores = 1; cores <= 32; cores++) {
    for (let running = 1; running <= cores; running++) {
      const threads = chooseThreadCount(cores, running);
      t.ok(threads >= 1 && threads * running <= cores, `${running} on ${cores} cores: ${threads} each`);
    }
  }
  t.end();
});
