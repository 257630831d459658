import t from 'tap';
import { TokenBucket } from '../../../../server/core/schedule/token-bucket.ts';
import fc from '../../../support/fast-check.ts';

t.test('over any time no more is spent than the rate and one burst, if the rests are kept', async () => {
  const steps = fc.array(fc.record({ count: fc.integer({ min: 1, max: 50 }), pauseMs: fc.nat(500) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (steps) => {
      const bucket = new TokenBucket(100, 300);
      let nowMs = 0;
      let spent = 0;
      for (const { count, pauseMs } of steps) {
        nowMs += pauseMs;
        nowMs += bucket.spend(count, nowMs);
        spent += count;
        if (spent > 300 + (nowMs / 1_000) * 100 + 1) return false;
      }
      return true;
    }),
  );
});

t.test('who keeps below the rate never rests', async () => {
  const pauses = fc.array(fc.integer({ min: 10, max: 1_000 }), { maxLength: 500 });
  fc.assert(
    fc.property(pauses, (pauses) => {
      const bucket = new TokenBucket(100, 1);
      let nowMs = 0;
      return pauses.every((pauseMs) => {
        nowMs += pauseMs;
        return bucket.spend(1, nowMs) === 0;
      });
    }),
  );
});

t.test('a clock that goes back gives nothing and takes nothing', async (t) => {
  const bucket = new TokenBucket(10, 1);
  t.equal(bucket.spend(1, 5_000), 0);
  t.equal(bucket.spend(1, 1_000), 100);
  t.equal(bucket.spend(0, 1_100), 0);
});
