import t from 'tap';
import { BackOff } from '../../../server/core/schedule/back-off.ts';
import { PendingRequests } from '../../../server/process/pending-requests.ts';
import { PingCounter } from '../../../server/process/ping-counter.ts';
import { Supervisor } from '../../../server/process/supervisor.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A process that ends when the test says so. */
class FakeProcess {
  readonly end: (reason: string) => void;
  isStopped = false;

  constructor(end: (reason: string) => void) {
    this.end = end;
  }

  stop(): void {
    this.isStopped = true;
  }
}

function open(restart: 'always' | 'on-demand', mostMs?: number) {
  const clock = new ManualClock();
  const started: { readonly process: FakeProcess; readonly atMs: number }[] = [];
  const reasons: string[] = [];
  const supervisor = new Supervisor<FakeProcess>({
    start: (onEnded) => {
      const process = new FakeProcess(onEnded);
      started.push({ process, atMs: clock.nowMs() });
      return process;
    },
    ...{ restart, backOff: new BackOff(), clock },
    onEnded: (reason) => {
      reasons.push(reason);
      return mostMs;
    },
  });
  return { clock, started, reasons, supervisor };
}

t.test('a process is hung when one ping too many was not answered', async (t) => {
  const pings = new PingCounter(2);
  t.same([pings.countPing(), pings.countPing()], [true, true]);
  pings.countAnswer();
  t.same([pings.countPing(), pings.countPing(), pings.countPing()], [true, true, false]);
});

t.test('a process that ends is started again for ever, later and later', async (t) => {
  const { clock, started, reasons, supervisor } = open('always');
  supervisor.demand();
  supervisor.demand();
  t.equal(started.length, 1, 'there is one at a time');
  for (let i = 0; i < 12; i++) {
    started.at(-1)!.process.end('ENOENT');
    t.equal(supervisor.current, undefined);
    clock.pass(30_000);
  }
  const waits = started.slice(1).map(({ atMs }, i) => atMs - Math.max(i * 30_000, 0));
  t.same(waits, [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  t.equal(reasons.length, 12);
  t.equal(supervisor.restarts, 12);
  supervisor.reportHealthy();
  started.at(-1)!.process.end('SIGKILL');
  clock.pass(0);
  t.equal(started.length, 14, 'and at once again when it had worked');
});

t.test('a part whose requests wait can have it sooner', async (t) => {
  const { clock, started, supervisor } = open('always', 100);
  supervisor.demand();
  for (let i = 0; i < 8; i++) {
    started.at(-1)!.process.end('SIGKILL');
    clock.pass(100);
  }
  t.equal(started.length, 9);
});

t.test('one that is needed now and then is started when it is asked for, after the same waits', async (t) => {
  const { clock, started, supervisor } = open('on-demand');
  supervisor.demand();
  started[0]!.process.end('SIGKILL');
  clock.pass(60_000);
  t.equal(started.length, 1, 'nobody asked');
  supervisor.demand();
  started[1]!.process.end('SIGKILL');
  supervisor.demand();
  supervisor.demand();
  t.equal(started.length, 2, 'not before its time');
  clock.pass(249);
  t.equal(started.length, 2);
  clock.pass(1);
  t.equal(started.length, 3);
  t.equal(clock.waiting, 0);
});

t.test('one that is retired is no failure, and is waited for at the end', async (t) => {
  const { started, reasons, supervisor } = open('on-demand');
  supervisor.demand();
  supervisor.retire();
  supervisor.demand();
  t.same([started.length, started[0]!.process.isStopped, supervisor.restarts], [2, true, 0]);
  let isClosed = false;
  const closing = supervisor.close().then(() => {
    isClosed = true;
  });
  t.ok(started[1]!.process.isStopped);
  started[1]!.process.end('exit 0');
  await Promise.resolve();
  await Promise.resolve();
  t.notOk(isClosed, 'the retired one still runs');
  started[0]!.process.end('exit 0');
  await closing;
  t.same(reasons, []);
  supervisor.demand();
  t.equal(started.length, 2, 'nothing is started any more');
});

t.test('nothing is started after the end, whatever was planned', async (t) => {
  const { clock, started, supervisor } = open('always');
  supervisor.demand();
  started[0]!.process.end('SIGKILL');
  await supervisor.close();
  clock.pass(60_000);
  t.equal(started.length, 1);
  t.equal(clock.waiting, 0);
});

function requests(options: object = {}) {
  const clock = new ManualClock();
  const events: string[] = [];
  const pending = new PendingRequests<string>({
    ...{ max: 3, full: 'too many wait', timeoutMs: 1_000, cancelTimeoutMs: 300, clock },
    fault: (problem) => new Error(problem),
    onGivenUp: (id) => void events.push(`cancel ${id}`),
    onStuck: () => void events.push('stuck'),
    ...options,
  });
  /** What became of each, and how often. */
  const outcomes: string[] = [];
  const ask = (signal?: AbortSignal): Promise<unknown> =>
    pending
      .open((id) => void events.push(`send ${id}`), signal)
      .then(
        (text) => outcomes.push(text),
        (error: Error) => outcomes.push(error.message),
      );
  return { clock, pending, events, outcomes, ask };
}

t.test('every request is answered once: by its answer, its time, who gave it up, or the end', async (t) => {
  const { clock, pending, events, outcomes, ask } = requests();
  const given = new AbortController();
  const all = [ask(), ask(given.signal), ask()];
  await ask();
  t.same(outcomes.splice(0), ['too many wait']);
  pending.resolve(1, 'one');
  pending.resolve(1, 'one again');
  pending.reject(1, 'nor this');
  given.abort();
  pending.resolve(2, 'late');
  clock.pass(999);
  t.equal(pending.size, 1);
  clock.pass(1);
  await Promise.all(all);
  t.same(outcomes, ['one', 'it was given up', 'it did not answer in time']);
  t.same(events, ['send 1', 'send 2', 'send 3', 'cancel 2', 'cancel 3']);
  clock.pass(300);
  t.equal(events.at(-1), 'stuck', 'the third was never ended');
  t.equal(events.filter((event) => event === 'stuck').length, 1, 'the second was');
  const more = [ask(), ask()];
  pending.rejectAll('its process stopped');
  pending.rejectAll('twice');
  await Promise.all(more);
  t.same(outcomes.slice(3), ['its process stopped', 'its process stopped']);
  await ask(AbortSignal.abort());
  t.equal(outcomes.at(-1), 'it was given up');
  t.equal(clock.waiting, 0, 'no timer is left');
});
