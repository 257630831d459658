import t from 'tap';
import { IdleWork } from '../../../server/flow/idle-work.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Outcome = 'done' | 'stopped' | 'failed';

/** Work whose outcomes the test gives; `stopped` follows by itself when it has to give way. */
function open(isIdle = () => true) {
  const clock = new ManualClock();
  const ends: ((outcome: Outcome) => void)[] = [];
  const work = new IdleWork({
    ...{ clock, isIdle, waitMs: 100 },
    run: (signal) =>
      new Promise((resolve, reject) => {
        ends.push((outcome) => (outcome === 'failed' ? reject(new Error('broken')) : resolve(outcome)));
        signal.addEventListener('abort', () => resolve('stopped'));
      }),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, work, ends, settle };
}

t.test('it begins when the server has been idle, and is done once', async (t) => {
  let isIdle = false;
  const { clock, ends, settle } = open(() => isIdle);
  clock.pass(1_000);
  t.equal(ends.length, 0, 'somebody is there');
  isIdle = true;
  clock.pass(100);
  t.equal(ends.length, 1);
  ends[0]!('done');
  await settle();
  clock.pass(100_000);
  t.equal(ends.length, 1);
  t.equal(clock.waiting, 0);
});

t.test('it gives way at once, and is tried again later', async (t) => {
  const { clock, work, ends, settle } = open();
  for (let attempt = 1; attempt <= 20; attempt++) {
    clock.pass(100);
    t.equal(ends.length, attempt);
    work.giveWay();
    await settle();
  }
});

t.test('work that fails three times is given up', async (t) => {
  const { clock, ends, settle } = open();
  for (let attempt = 0; attempt < 5; attempt++) {
    clock.pass(100);
    ends[attempt]?.('failed');
    await settle();
  }
  t.equal(ends.length, 3);
});

t.test('closing waits for what runs, and nothing follows', async (t) => {
  const { clock, work, ends } = open();
  clock.pass(100);
  await work.close();
  clock.pass(100_000);
  t.equal(ends.length, 1);
  t.equal(clock.waiting, 0);
});
