import t from 'tap';
import { errorCode } from '../../../../server/core/errors/error-code.ts';
import { BackOff } from '../../../../server/core/schedule/back-off.ts';

t.test('the wait doubles up to its cap, and begins anew after a success', async (t) => {
  const backOff = new BackOff({ longestMs: 1_500 });
  t.same(
    Array.from({ length: 6 }, () => backOff.next()),
    [0, 250, 500, 1_000, 1_500, 1_500],
  );
  backOff.reset();
  t.same([backOff.failures, backOff.next(), backOff.next()], [0, 0, 250]);
  const longest = new BackOff();
  t.equal(Math.max(...Array.from({ length: 2_000 }, () => longest.next())), 30_000, 'for ever, and never longer');
});

t.test('where what fails once is likely to fail again, the first wait comes at once', async (t) => {
  const backOff = new BackOff({ firstMs: 2_000, longestMs: 10_000, waitsAtOnce: true });
  t.same(
    Array.from({ length: 5 }, () => backOff.next()),
    [2_000, 4_000, 8_000, 10_000, 10_000],
  );
  backOff.reset();
  t.equal(backOff.next(), 2_000);
});

t.test('an error is known by its code, or else by its name, and never by its text', async (t) => {
  t.equal(errorCode(Object.assign(new Error('no space on /home/me'), { code: 'ENOSPC' })), 'ENOSPC');
  t.equal(errorCode(new TypeError('said aloud')), 'TypeError');
  for (const odd of [undefined, null, 'text', { code: 7 }]) t.equal(errorCode(odd), 'unknown');
});
