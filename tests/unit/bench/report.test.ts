import t from 'tap';
import { quantile, sample, slope } from '../../bench/report.ts';
import { loop, SOUNDS } from '../../bench/sounds.ts';

t.test('The slope is that of the line the points lie on', async (t) => {
  t.equal(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
    2,
  );
  t.equal(
    slope([
      [0, 4],
      [1, 4],
    ]),
    0,
  );
});

t.test('A quantile of nothing is no number', async (t) => {
  t.ok(Number.isNaN(quantile([], 0.5)));
  t.equal(quantile([3, 1, 2], 0.5), 2);
});

t.test('A sample holds the same items, in an order that its seed decides', async (t) => {
  const items = Array.from({ length: 20 }, (_, i) => i);
  t.same(sample(items, 1), sample(items, 1));
  t.not(sample(items, 1).join(), sample(items, 2).join());
  t.same(
    sample(items, 1).toSorted((a, b) => a - b),
    items,
  );
});

t.test('Only silence is silent, every sound is the same at every run, and none is clipped for long', async (t) => {
  for (const [name, make] of Object.entries(SOUNDS)) {
    const samples = make(64_000);
    const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    t.equal(loudest === 0, name === 'silence', name);
    t.ok(samples.filter((value) => Math.abs(value) >= 32_767).length < 64, name);
    t.same(samples, make(64_000), name);
  }
});

t.test('A loop repeats from its start', async (t) => {
  t.same([...loop(Int16Array.of(1, 2, 3), 5)], [1, 2, 3, 1, 2]);
});
