import t from 'tap';
import { estimateLiveDelays, keepsLiveAims, LIVE_AIMS } from '../../../../server/core/capacity/live-estimate.ts';

t.test('slower decodes never make quicker text, also beyond the table', async (t) => {
  const times = Array.from({ length: 200 }, (_, i) => 0.02 * (i + 1));
  const delays = times.map(estimateLiveDelays);
  for (const of of ['firstWordsS', 'wordS', 'finalS'] as const)
    t.ok(
      delays.every((each, i) => i === 0 || each[of] >= delays[i - 1]![of]),
      of,
    );
  t.ok(delays.at(-1)!.finalS > 4, 'a decode of 4 s cannot give finals in less');
});

t.test('a row of the table is given as it was measured, with what harder recordings add', async (t) => {
  t.same(estimateLiveDelays(0.84).finalS.toFixed(2), '1.16');
});

t.test('the aims are kept up to some time of a decode, and by none that is longer', async (t) => {
  const times = Array.from({ length: 100 }, (_, i) => 0.01 * (i + 1));
  const kept = times.map(keepsLiveAims);
  t.equal(kept.indexOf(false), kept.lastIndexOf(true) + 1);
  const longest = times[kept.lastIndexOf(true)]!;
  t.ok(estimateLiveDelays(longest).finalS <= LIVE_AIMS.finalS && estimateLiveDelays(longest).wordS <= LIVE_AIMS.wordS);
});
