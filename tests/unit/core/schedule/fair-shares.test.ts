import t from 'tap';
import { FairShares } from '../../../../server/core/schedule/fair-shares.ts';

t.test('a session that has not been served was served before all others', async (t) => {
  const shares = new FairShares();
  t.equal(shares.servedMs('a'), Number.NEGATIVE_INFINITY);
  t.equal(shares.usedMs('a', 1_000), 0);
  shares.recordStart('a', 5);
  t.equal(shares.servedMs('a'), 5);
});

t.test('half of what was used is forgotten every ten seconds', async (t) => {
  const shares = new FairShares();
  shares.recordStart('a', 0);
  shares.recordUse('a', 800, 0);
  t.equal(shares.usedMs('a', 0), 800);
  t.equal(shares.usedMs('a', 10_000), 400);
  t.equal(shares.usedMs('a', 30_000), 100);
});

t.test('what is used adds to what is left of before', async (t) => {
  const shares = new FairShares();
  shares.recordStart('a', 0);
  shares.recordUse('a', 800, 0);
  shares.recordStart('a', 9_000);
  shares.recordUse('a', 100, 10_000);
  t.equal(shares.usedMs('a', 10_000), 500);
  t.equal(shares.servedMs('a'), 9_000);
});

t.test('sessions share nothing, and one that left keeps nothing', async (t) => {
  const shares = new FairShares();
  for (const session of ['a', 'b']) shares.recordStart(session, 1);
  shares.recordUse('a', 100, 1);
  t.equal(shares.usedMs('b', 1), 0);
  shares.removeSession('a');
  shares.recordUse('a', 50, 2);
  t.equal(shares.usedMs('a', 2), 0, 'a decode that ends after its session left counts for nobody');
  t.equal(shares.servedMs('a'), Number.NEGATIVE_INFINITY);
});
