import t from 'tap';
import { Admission } from '../../../../server/core/schedule/admission.ts';
import type { Load } from '../../../../server/core/schedule/load.ts';

const load = (finalsBusy: number, finalWaitMs = 0): Load => ({
  ...{ partialWaitMs: 0, partialsBusy: 0.5, partialMs: 100, finalMs: 100, speakers: 1 },
  finalsBusy,
  finalWaitMs,
});
const settled = (live: number) => ({ live, unmeasured: 0 });

t.test('a session is let in while its finals fit beside those of the others, and no longer', async (t) => {
  for (const [busy, live, refused] of [
    [0, 1, false],
    [0.3, 6, false],
    [0.6, 12, false],
    [0.72, 12, true],
    [0.55, 2, true],
  ] as const) {
    t.equal(new Admission(0.05).refuses(load(busy), settled(live), 0), refused, `${live} take ${busy}`);
  }
});

t.test('whoever is alone is let in, however slow the machine', async (t) => {
  t.equal(new Admission(3).refuses(load(0), settled(0), 0), false);
  t.equal(new Admission(3).refuses(load(0.1), settled(1), 0), true);
});

t.test('waiting finals stop admission, whatever else is measured', async (t) => {
  t.equal(new Admission(0.01).refuses(load(0.1, 800), settled(3), 0), true);
});

t.test('of a crowd that comes at once only as many are let in as are expected to fit', async (t) => {
  const admission = new Admission(0.05);
  let live = 0;
  for (let i = 0; i < 100; i++) if (!admission.refuses(load(0), { live, unmeasured: live }, 0)) live++;
  t.ok(live >= 12 && live <= 20, `${live} of 100`);
});

t.test('silent sessions take no room', async (t) => {
  const admission = new Admission(0.05);
  t.equal(admission.refuses(load(0.02), settled(30), 0), false);
});

t.test('admission resumes only after there has clearly been capacity for a while', async (t) => {
  const admission = new Admission(0.02);
  t.equal(admission.refuses(load(0.76), settled(20), 0), true);
  t.equal(admission.refuses(load(0.68), settled(20), 3_000), true, 'a little less is not clearly room');
  t.equal(admission.refuses(load(0.5), settled(20), 4_000), true, 'not at once');
  t.equal(admission.refuses(load(0.5), settled(20), 4_900), true);
  t.equal(admission.refuses(load(0.5), settled(20), 5_100), false);
  t.equal(admission.refuses(load(0.68), settled(20), 5_200), false, 'and then it is open as before');
});
