import t from 'tap';
import { type OverdueRecord, Retention } from '../../../../server/core/transcript/retention.ts';
import fc from '../../../support/fast-check.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const NOW = Date.parse('2030-01-01T00:00:00Z');
const KEEP_DAYS = 30;
const STEP = 6 * HOUR;

/** A server that looks every 6 h; what it deletes is gone. */
class Server {
  /** Right time since the test began, ms. */
  timeMs = 0;
  /** How far the wall clock is off. */
  wrongMs = 0;
  readonly changed = new Map<string, number>();
  readonly deleted: { readonly id: string; readonly timeMs: number }[] = [];
  #retention = new Retention(KEEP_DAYS);
  #startMs = 0;

  get wallMs(): number {
    return NOW + this.timeMs + this.wrongMs;
  }

  look(): readonly string[] {
    const all = [...this.changed].map(([id, changedMs]) => ({ id, changedMs }));
    // A monotonic clock begins anew with each process.
    const gone = this.#retention.findExpired(this.wallMs, this.timeMs - this.#startMs, all);
    for (const id of gone) {
      this.changed.delete(id);
      this.deleted.push({ id, timeMs: this.timeMs });
    }
    return gone;
  }

  run(ms: number): void {
    for (const endMs = this.timeMs + ms; this.timeMs < endMs; ) {
      this.timeMs += STEP;
      this.look();
    }
  }

  /** Is off for so long, and looks when it starts. */
  restart(offMs: number, keepsRecords = true): void {
    this.timeMs += offMs;
    this.#startMs = this.timeMs - 5_000;
    const stored = JSON.parse(JSON.stringify(this.#retention.overdue)) as OverdueRecord[];
    this.#retention = new Retention(KEEP_DAYS, keepsRecords ? stored : []);
    this.look();
  }
}

t.test('a transcript goes a day after it became too old, and not before', async (t) => {
  const server = new Server();
  server.changed.set('old', NOW - 20 * DAY);
  server.changed.set('new', NOW);
  server.look();
  server.run(20 * DAY);
  t.same(
    server.deleted.map(({ id }) => id),
    ['old'],
  );
  const { timeMs } = server.deleted[0]!;
  t.ok(timeMs >= 11 * DAY && timeMs <= 11 * DAY + 2 * STEP, `after ${timeMs / DAY} days`);
});

t.test('two looks a day apart are enough, and a single one or two that are closer are not', async (t) => {
  const candidates = [{ id: 'a', changedMs: NOW - 31 * DAY }];
  const retention = new Retention(KEEP_DAYS);
  t.same(retention.findExpired(NOW, 77, candidates), []);
  t.same(retention.findExpired(NOW + DAY, 77 + DAY - 1, candidates), []);
  t.same(retention.findExpired(NOW + DAY, 77 + DAY, candidates), ['a']);
  t.same(retention.findExpired(NOW + DAY, 77 + DAY + 1, candidates), ['a'], 'and again when it could not be deleted');
  t.same(new Retention(KEEP_DAYS).findExpired(NOW, 90 * DAY, candidates), [], 'the machine may have run for long');
});

t.test('a clock that jumps by years and back within a day deletes nothing', async (t) => {
  for (const wrongMs of [10 * YEAR, 40 * DAY, -60 * YEAR]) {
    const server = new Server();
    for (let i = 0; i < 29; i++) server.changed.set(`${i}`, NOW - i * DAY);
    server.look();
    for (let time = 0; time < 20; time++) {
      server.wrongMs = wrongMs;
      server.run(18 * HOUR);
      server.wrongMs = 0;
      // What is overdue by now has changed.
      for (const id of server.changed.keys())
        server.changed.set(id, Math.max(server.changed.get(id)!, server.wallMs - 20 * DAY));
      server.look();
    }
    t.same(server.deleted, [], `by ${wrongMs / DAY} days`);
  }
});

t.test('a machine that starts with a wrong date each day and then learns the right one deletes nothing', async (t) => {
  const server = new Server();
  server.changed.set('a', NOW);
  for (let day = 0; day < 25; day++) {
    server.wrongMs = 10 * YEAR;
    server.restart(12 * HOUR);
    server.wrongMs = 0;
    server.run(12 * HOUR);
  }
  t.same(server.deleted, []);
});

t.test('a change begins its time again', async (t) => {
  const server = new Server();
  server.changed.set('a', NOW - 40 * DAY);
  server.look();
  server.run(18 * HOUR);
  server.changed.set('a', NOW - 39 * DAY);
  server.run(24 * HOUR);
  t.same(server.deleted, [], 'a different date is a change, however old');
  server.run(6 * HOUR);
  t.equal(server.deleted.length, 1);
});

t.test('a server that is started again every day deletes all the same', async (t) => {
  const server = new Server();
  server.changed.set('a', NOW - 40 * DAY);
  server.restart(0);
  let days = 0;
  for (; server.deleted.length === 0 && days < 10; days++) {
    server.run(6 * HOUR);
    server.restart(18 * HOUR);
  }
  t.equal(days, 4, 'at 6 h a day');
  const forgetful = new Server();
  forgetful.changed.set('a', NOW - 40 * DAY);
  for (let day = 0; day < 100; day++) {
    forgetful.restart(6 * HOUR, false);
    forgetful.run(18 * HOUR);
  }
  t.same(forgetful.deleted, [], 'which takes the records');
});

t.test('what was written while the clock was wrong goes after it has been there for as long', async (t) => {
  const server = new Server();
  server.changed.set('a', NOW + 10 * YEAR);
  server.look();
  server.run(29 * DAY);
  t.same(server.deleted, []);
  server.run(2 * DAY);
  t.equal(server.deleted.length, 1);
});

t.test('with 0 days nothing is ever deleted, and broken records count for nothing', async (t) => {
  const keepAll = new Retention(0);
  const candidates = [{ id: 'a', changedMs: 0 }];
  keepAll.findExpired(NOW, 0, candidates);
  t.same(keepAll.findExpired(NOW + YEAR, YEAR, candidates), []);
  t.notOk(keepAll.isOverdue(0, NOW));
  const broken = [{ id: 'a', changedMs: 0, state: 'old', forMs: Number.NaN }, { id: 3 }, {}] as OverdueRecord[];
  t.same(new Retention(1, broken).findExpired(NOW, 0, candidates), []);
});

t.test('it is enough to be shown what is overdue', async (t) => {
  const retention = new Retention(KEEP_DAYS);
  const all = [NOW - 31 * DAY, NOW - 29 * DAY, NOW + 2 * HOUR, NOW + 5_000];
  t.same(
    all.map((changedMs) => retention.isOverdue(changedMs, NOW)),
    [true, false, true, false],
  );
});

t.test('however the clock jumps: what is deleted was too old at each look over a day of running time', (t) => {
  const step = fc.record({
    ms: fc.integer({ min: 1, max: 30 * HOUR }),
    wrongMs: fc.constantFrom(0, YEAR, -YEAR, 40 * DAY),
  });
  const ages = fc.array(fc.integer({ min: 0, max: 60 * DAY }), { maxLength: 5 });
  fc.assert(
    fc.property(ages, fc.array(step, { maxLength: 40 }), (agesMs, steps) => {
      const retention = new Retention(KEEP_DAYS);
      const candidates = agesMs.map((ageMs, i) => ({ id: `${i}`, changedMs: NOW - ageMs }));
      const looks: { readonly monoMs: number; readonly wallMs: number }[] = [];
      let monoMs = 0;
      for (const { ms, wrongMs } of steps) {
        monoMs += ms;
        const wallMs = NOW + monoMs + wrongMs;
        looks.push({ monoMs, wallMs });
        for (const id of retention.findExpired(wallMs, monoMs, candidates)) {
          const { changedMs } = candidates.find((each) => each.id === id)!;
          const isOld = (look: { readonly wallMs: number }): boolean => look.wallMs - changedMs > KEEP_DAYS * DAY;
          const isFuture = (look: { readonly wallMs: number }): boolean => changedMs > look.wallMs;
          const first =
            Math.max(
              looks.findLastIndex((look) => !isOld(look)),
              looks.findLastIndex(isFuture),
            ) + 1;
          const future = looks.findLastIndex((look) => !isFuture(look)) + 1;
          const oldForMs = monoMs - (looks[first]?.monoMs ?? monoMs);
          const futureForMs = monoMs - (looks[future]?.monoMs ?? monoMs);
          if (oldForMs < DAY && futureForMs < KEEP_DAYS * DAY) return false;
        }
      }
      return true;
    }),
  );
  t.pass('over random clocks');
  t.end();
});
