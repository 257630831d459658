import t from 'tap';
import { guardClock, guardScheduler } from '../../../server/flow/guarded-clock.ts';
import { silentMeter } from '../../../server/flow/silent-meter.ts';
import { createBugReporter } from '../../../server/observe/bug-reporter.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const thrower = (text: string) => (): never => {
  throw new Error(text);
};

t.test('a timer that throws fails its owner, and the timers of others run on', async (t) => {
  const clock = new ManualClock();
  const failed: string[] = [];
  const server = guardClock(clock, (error) => failed.push(`server: ${(error as Error).message}`));
  let isOpen = true;
  const first = guardClock(
    server,
    (error) => failed.push(`first: ${(error as Error).message}`),
    () => isOpen,
  );
  const second = guardClock(server, thrower('the owner could not fail'));
  first.setTimer(10, thrower('a'));
  first.setTimer(20, () => Promise.reject(new Error('b')) as never);
  second.setTimer(30, thrower('c'));
  let ran = false;
  second.setTimer(40, () => {
    ran = true;
  });
  clock.pass(40);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(failed, ['first: a', 'server: the owner could not fail', 'first: b']);
  t.ok(ran);
  isOpen = false;
  first.setTimer(10, thrower('d'));
  clock.pass(10);
  t.same(failed.slice(3), ['server: d'], 'an owner that has ended hides nothing');
});

t.test('a guarded timer can still be taken back', (t) => {
  const clock = new ManualClock();
  let ran = false;
  guardClock(clock, thrower('never'))
    .setTimer(10, () => {
      ran = true;
    })
    [Symbol.dispose]();
  clock.pass(20);
  t.notOk(ran);
  t.end();
});

t.test('deferred work that throws is reported, and what comes after it runs', async (t) => {
  const failed: unknown[] = [];
  const later = guardScheduler(setImmediate, (error) => failed.push(error));
  let ran = false;
  later(thrower('x'));
  later(() => {
    ran = true;
  });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  t.equal(failed.length, 1);
  t.ok(ran);
});

t.test('a bug is logged with its stack and counted, and a log that fails fails nobody', (t) => {
  const lines: object[] = [];
  const codes: string[] = [];
  const log = {
    debug() {},
    info() {},
    warn() {},
    error: (fields: object, text: string) => lines.push({ ...fields, text }),
  };
  const meter = { ...silentMeter, fault: (code: string) => void codes.push(code) };
  const error = new Error('x');
  createBugReporter(log, meter)(error, 'it ended', { connection: 'c' });
  t.same(lines, [{ connection: 'c', code: 'server.bug', err: error, text: 'it ended' }]);
  t.same(codes, ['server.bug']);
  createBugReporter({ ...log, error: thrower('the disk is full') }, meter)(error, 'it ended');
  t.end();
});
