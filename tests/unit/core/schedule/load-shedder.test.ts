import t from 'tap';
import type { Load } from '../../../../server/core/schedule/load.ts';
import { LoadShedder, type ServiceLevel } from '../../../../server/core/schedule/load-shedder.ts';

const QUIET: Load = {
  partialWaitMs: 0,
  finalWaitMs: 0,
  partialsBusy: 0,
  finalsBusy: 0,
  partialMs: 0,
  finalMs: 0,
  speakers: 0,
};

/** A load shedder with its own clock: the same load for some seconds, and every service level it chose meanwhile. */
function open(smallCost?: number) {
  const shedder = new LoadShedder({ everyMs: 300, slots: 2, smallCost });
  let nowMs = 0;
  const under = (load: Partial<Load>, seconds: number): ServiceLevel[] => {
    const advices: ServiceLevel[] = [];
    for (const endMs = nowMs + seconds * 1_000; nowMs < endMs; nowMs += 400)
      advices.push(shedder.consider({ ...QUIET, ...load }, nowMs));
    return advices;
  };
  return { under };
}

const stepsOf = (advices: readonly ServiceLevel[]): string[] =>
  advices.map(({ step }) => step).filter((step, i, all) => step !== all[i - 1]);

t.test('service is given up in one order: model, cadence, windows, partials', async (t) => {
  const advices = open(0.4).under({ finalWaitMs: 900 }, 20);
  t.same(stepsOf(advices), ['small', 'slow', 'short', 'off']);
  const cadences = advices.map(({ cadence }) => cadence);
  t.same(
    cadences.filter((cadence, i) => cadence !== cadences[i - 1]),
    [1, 2, 3, 5, 7.5, 0],
  );
  t.same(stepsOf(open().under({ finalWaitMs: 900 }, 20)), ['slow', 'short', 'off'], 'without a small model');
  t.ok(
    open()
      .under({ finalWaitMs: 900 }, 20)
      .every(({ model }) => model === 'own'),
  );
});

t.test('late partials alone never turn partials off', async (t) => {
  const last = open().under({ partialWaitMs: 2_000 }, 60).at(-1)!;
  t.match(last, { step: 'slow', cadence: 7.5, windows: 'full' });
});

t.test('service comes back step by step once it is calm, and all of it', async (t) => {
  const { under } = open(0.4);
  under({ finalWaitMs: 900 }, 20);
  const back = under(QUIET, 2);
  t.same(stepsOf(back), ['off'], 'not at once');
  t.same(stepsOf(under(QUIET, 60)), ['off', 'short', 'slow', 'small', 'none']);
});

t.test('nothing comes back while the load is only just carried', async (t) => {
  const { under } = open();
  under({ finalWaitMs: 900 }, 3);
  t.same(stepsOf(under({ finalWaitMs: 150 }, 60)), ['slow']);
  const busy = { finalsBusy: 0.5, partialsBusy: 0.3, partialMs: 200, speakers: 9 };
  t.equal(under(busy, 60).at(-1)!.cadence, 7.5, 'the cadence follows the cost');
});

t.test('a step back that did not last is tried later the next time', async (t) => {
  const { under } = open();
  const triesUntil = (step: string): number => {
    for (let tries = 1; tries < 200; tries++) if (under(QUIET, 0.4).at(-1)!.step === step) return tries;
    return Number.POSITIVE_INFINITY;
  };
  under({ finalWaitMs: 900 }, 0.4);
  const first = triesUntil('none');
  under(QUIET, 1);
  under({ finalWaitMs: 900 }, 0.4);
  const second = triesUntil('none');
  t.ok(second >= 2 * first - 1, `${first} then ${second} times 400 ms`);
  t.ok(second < 30, 'but not for ever');
});

t.test('the cadence follows what partials cost before any queue has grown', async (t) => {
  const alone = open().under({ partialMs: 300, speakers: 1, partialsBusy: 0.4 }, 4).at(-1)!;
  t.match(alone, { step: 'none', cadence: 1 });
  const many = open().under({ partialMs: 150, speakers: 12, partialsBusy: 0.6, finalsBusy: 0.2 }, 4).at(-1)!;
  t.match(many, { step: 'none', cadence: 5 });
  const some = open().under({ partialMs: 150, speakers: 6, partialsBusy: 0.6 }, 4).at(-1)!;
  t.match(some, { step: 'none', cadence: 2 }, '6 x 150 ms in 0.8 of 2 slots are 1.9 times 300 ms');
});

t.test(
  'English goes to the small model before partials get slower, and back when the own one can be afforded',
  async (t) => {
    const { under } = open(0.4);
    const rarer = under({ partialMs: 200, speakers: 3, partialsBusy: 0.7 }, 5).at(-1);
    t.match(rarer, { step: 'none', cadence: 1.25 }, 'a little rarer is better than a smaller model');
    const advices = under({ partialMs: 400, speakers: 3, partialsBusy: 0.8 }, 1.5);
    t.match(advices.at(-1), { step: 'small', model: 'small' });
    const onSmall = { partialMs: 160, speakers: 3, partialsBusy: 0.5 };
    t.match(under(onSmall, 40).at(-1), { step: 'small', cadence: 1 }, 'on the own model three would not fit');
    t.match(under({ ...onSmall, speakers: 1, partialsBusy: 0.2 }, 10).at(-1), { step: 'none', model: 'own' });
  },
);
