import t from 'tap';
import { CleanupStack } from '../../../server/compose/cleanup-stack.ts';

t.test('what was opened last is closed first, each waiting for the one before', async (t) => {
  const stack = new CleanupStack();
  const closed: string[] = [];
  stack.add({ close: () => closed.push('first') });
  stack.defer(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    closed.push('second');
  });
  t.equal(stack.add({ name: 'third', close: () => closed.push('third') }).name, 'third', 'what is added is returned');
  const running = stack.run();
  t.equal(stack.run(), running, 'a second call waits for the first');
  await running;
  t.same(closed, ['third', 'second', 'first']);
});

t.test('one that fails keeps none of the others from being closed', async (t) => {
  const stack = new CleanupStack();
  let isClosed = false;
  stack.defer(() => {
    isClosed = true;
  });
  stack.defer(() => {
    throw new Error('the first to fail');
  });
  stack.defer(() => Promise.reject(new Error('the last to be opened')));
  await t.rejects(stack.run(), { message: 'the last to be opened' });
  t.ok(isClosed);
});
