import t from 'tap';
import { StartTimeout } from '../../../server/engine/start-timeout.ts';

t.test('a later start may take a few times as long as the first, and no less than 10 s', async (t) => {
  const timeout = new StartTimeout();
  t.equal(timeout.ms, 120_000, 'of the first nothing is known');
  timeout.learn(5_000);
  t.equal(timeout.ms, 20_000);
  timeout.learn(1_000);
  t.equal(timeout.ms, 10_000);
  timeout.learn(60_000);
  t.equal(timeout.ms, 120_000);
});

t.test('where workers are not ready in time, the next gets longer, up to two minutes', async (t) => {
  const timeout = new StartTimeout();
  timeout.learn(1_000);
  const times = Array.from({ length: 6 }, () => {
    timeout.lengthen();
    return timeout.ms;
  });
  t.same(times, [20_000, 40_000, 80_000, 120_000, 120_000, 120_000]);
});
