import t from 'tap';
import { findQuietestOffset } from '../../../../server/core/sentence/cut.ts';

t.test('a cut goes through the middle of the findQuietestOffset 10 ms', async (t) => {
  const samples = new Float32Array(16_000).fill(0.5);
  samples.fill(0.01, 4_000, 4_400);
  samples.fill(0, 9_000, 9_400);
  const at = findQuietestOffset(samples);
  t.ok(at >= 9_000 + 80 && at <= 9_400 - 80, `${at} lies within the silence`);
});

t.test('of places that are equally quiet the first is taken', async (t) => {
  t.equal(findQuietestOffset(new Float32Array(16_000)), 80);
});

t.test('what is shorter than 10 ms is cut in its middle', async (t) => {
  t.equal(findQuietestOffset(new Float32Array(100)), 50);
  t.equal(findQuietestOffset(new Float32Array(0)), 0);
});
