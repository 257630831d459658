import t from 'tap';
import { KeyConcurrency } from '../../../server/gateway/key-concurrency.ts';

const here = new AbortController().signal;
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('a key has four turns at a time, and the others in their order; another key does not wait for it', async (t) => {
  const turns = new KeyConcurrency();
  const order: number[] = [];
  const gives = await Promise.all([1, 2, 3, 4].map(() => turns.take('a', here)));
  const later = [5, 6].map((number) =>
    turns.take('a', here).then((give) => {
      order.push(number);
      return give;
    }),
  );
  const other = await turns.take('b', here);
  t.ok(other);
  await soon();
  t.same(order, []);
  gives[2]!();
  gives[2]!();
  await soon();
  t.same(order, [5], 'given back once, however often');
  gives[0]!();
  await soon();
  t.same(order, [5, 6]);
  for (const give of [...gives, ...(await Promise.all(later))]) give!();
  t.ok(await turns.take('a', here));
});

t.test('who has left takes no turn', async (t) => {
  const turns = new KeyConcurrency();
  const gives = await Promise.all([1, 2, 3, 4].map(() => turns.take('a', here)));
  const leaving = new AbortController();
  const gone = Array.from({ length: 60 }, () => turns.take('a', leaving.signal));
  const patient = turns.take('a', here);
  leaving.abort();
  gives[0]!();
  t.same(new Set(await Promise.all(gone)), new Set([undefined]));
  t.ok(await patient);
});

t.test('what waits has a bound', async (t) => {
  const turns = new KeyConcurrency();
  const gives = await Promise.all([1, 2, 3, 4].map(() => turns.take('a', here)));
  const waiting = Array.from({ length: 64 }, () => turns.take('a', here));
  await t.rejects(turns.take('a', here), { code: 'transcript.busy' });
  t.ok(await turns.take('b', here));
  for (const give of gives) give!();
  for (const take of waiting) (await take)!();
});
