import t from 'tap';
import { ByteQueue } from '../../../server/libav/byte-queue.ts';

t.test('bytes come out in order, however they arrived', async (t) => {
  const queue = new ByteQueue();
  for (const piece of [[1, 2], [], [3], [4, 5, 6]]) queue.push(Uint8Array.from(piece));
  t.same([...queue.peek(4)], [1, 2, 3, 4]);
  t.same([...queue.peek(2, 2)], [3, 4], 'behind what is skipped');
  t.same([...queue.peek(9, 4)], [5, 6], 'as many as there are');
  t.same([...queue.peek(1, 9)], []);
  const first = new Uint8Array(4);
  t.equal(queue.take(first), 4);
  t.same([...first], [1, 2, 3, 4]);
  queue.drop(1);
  t.equal(queue.length, 1);
  t.same([...queue.shift()!], [6]);
  t.equal(queue.shift(), undefined);
  t.equal(queue.length, 0);
});
