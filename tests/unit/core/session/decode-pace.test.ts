import t from 'tap';
import { DecodePace } from '../../../../server/core/session/decode-pace.ts';

t.test('decodes come seldom when they take long, or when the load allows few', async (t) => {
  const pace = new DecodePace({ slowMs: 250, seldomMs: 350 });
  t.notOk(pace.isSlow(200), 'before the first answer nothing is known');
  t.ok(pace.isSlow(400));
  t.ok(pace.isSlow(Number.POSITIVE_INFINITY), 'none at all');
  pace.record(600);
  t.ok(pace.isSlow(200));
});

t.test('one slow decode among fast ones does not count, many do', async (t) => {
  const pace = new DecodePace({ slowMs: 250, seldomMs: 350 });
  for (const decodeMs of [200, 200, 300]) pace.record(decodeMs);
  t.notOk(pace.isSlow(200));
  for (const decodeMs of [300, 300, 300]) pace.record(decodeMs);
  t.ok(pace.isSlow(200));
});
