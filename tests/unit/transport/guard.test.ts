import t from 'tap';
import { ConnectionGuard } from '../../../server/transport/guard.ts';

t.test('a guard reports the first bug, ends its connection once, and stays silent', async (t) => {
  const calls: string[] = [];
  const guard = new ConnectionGuard(
    (error) => calls.push(String((error as Error).message)),
    () => calls.push('end'),
  );
  for (const bug of ['first', 'second', 'third'])
    guard.run(() => {
      throw new Error(bug);
    });
  guard.run(() => Promise.reject(new Error('later')));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(calls, ['first', 'end']);
});

t.test('a connection that cannot be ended is a bug of its own', async (t) => {
  const calls: string[] = [];
  const guard = new ConnectionGuard(
    (error) => calls.push(String((error as Error).message)),
    () => {
      throw new Error('no end');
    },
  );
  guard.fail(new Error('first'));
  guard.fail(new Error('second'));
  t.same(calls, ['first', 'no end']);
});
