import t from 'tap';
import { createPacedBody } from '../../../server/gateway/paced-body.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);

function place(bytes = BYTES) {
  const clock = new ManualClock();
  const ended = { count: 0 };
  const body = createPacedBody(bytes, clock, () => ended.count++);
  return { clock, ended, body };
}

t.test('a reader gets every byte, and then it is over', async (t) => {
  for (const bytes of [BYTES, new Uint8Array(0), new Uint8Array(65_536)]) {
    const { clock, ended, body } = place(bytes);
    t.same(new Uint8Array(await new Response(body).arrayBuffer()), bytes);
    t.equal(ended.count, 1);
    t.equal(clock.waiting, 0);
  }
});

t.test('nothing is given out before it is asked for', async (t) => {
  const { clock, ended, body } = place();
  const reader = body.getReader();
  t.equal((await reader.read()).value?.length, 65_536);
  clock.pass(29_000);
  t.equal((await reader.read()).value?.length, 65_536);
  clock.pass(29_000);
  t.equal(ended.count, 0, 'a slow reader has its time anew with each piece');
  await reader.cancel();
  t.equal(ended.count, 1);
  t.equal(clock.waiting, 0);
});

t.test('a reader that takes nothing is cut off', async (t) => {
  const { clock, ended, body } = place();
  const reader = body.getReader();
  await reader.read();
  clock.pass(30_000);
  t.equal(ended.count, 1);
  await t.rejects(reader.read(), { message: /was not read/ });
  t.equal(clock.waiting, 0);
});
