import t from 'tap';
import { computeFinalDelays, computeQuantile } from '../../../../server/core/capacity/final-delays.ts';

t.test('the delay of a speech is that of its last final, and speech without words has none', async (t) => {
  const finals = [
    { fromMs: 100, toMs: 900, cameMs: 1_100 },
    { fromMs: 900, toMs: 2_100, cameMs: 2_450 },
    // It ends a little after the end of its speech.
    { fromMs: 5_000, toMs: 6_100, cameMs: 6_500 },
  ];
  t.same(computeFinalDelays([2_000, 4_000, 6_000], finals), [450, 500]);
  t.same(computeFinalDelays([], finals), []);
});

t.test('a quantile is the value that so many do not exceed', async (t) => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  t.equal(computeQuantile(values, 0.95), 95);
  t.equal(computeQuantile([7], 0.95), 7);
  t.ok(Number.isNaN(computeQuantile([], 0.5)));
});
