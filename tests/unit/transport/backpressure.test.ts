import t from 'tap';
import { LIMITS } from '../../../protocol/index.ts';
import { Backpressure } from '../../../server/transport/backpressure.ts';

const LOW = LIMITS.queuedBytesLow;

t.test('a queue has drained once each time it has fallen to the low-water mark', async (t) => {
  const backpressure = new Backpressure();
  t.notOk(backpressure.hasDrained(0), 'nothing was sent');
  backpressure.update(LOW);
  t.notOk(backpressure.hasDrained(0), 'it was never above');
  for (let round = 0; round < 2; round++) {
    backpressure.update(LOW + 1);
    t.notOk(backpressure.hasDrained(LOW + 1), 'it still is');
    backpressure.update(1);
    t.ok(backpressure.hasDrained(LOW));
    t.notOk(backpressure.hasDrained(0), 'once');
  }
});
