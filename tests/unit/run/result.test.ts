import t from 'tap';
import { notRun, readResult } from '../../run/result.ts';

const ENDED = { status: 0, signal: null };
const FAILED = { status: 1, signal: null };
const file = (...lines: string[]): string => lines.map((line) => `${line}\n`).join('');

t.test('only the outermost tests of a file count', async (t) => {
  const output = file('TAP version 14', '# Subtest: a', '    ok 1 - x', '    1..1', 'ok 1 - a', 'ok 2 - b', '1..2');
  t.match(readResult(output, ENDED), { passed: 2, failed: 0, problem: undefined, lines: ['ok 1 - a', 'ok 2 - b'] });
  t.match(readResult(output.replace('ok 2', 'not ok 2'), FAILED), { passed: 1, failed: 1, problem: undefined });
});

t.test('a file that ends badly has failed, whatever its tests said', async (t) => {
  const good = file('ok 1 - a', '1..1');
  for (const [output, end, problem] of [
    [good, FAILED, 'its process ended with status 1'],
    [good, { status: null, signal: 'SIGSEGV' }, 'its process was ended by SIGSEGV'],
    [file('ok 1 - a'), ENDED, 'it ended before its last test'],
    [file('ok 1 - a', '1..2'), ENDED, '2 tests were planned, and 1 answered'],
    ['', ENDED, 'it ended before its last test'],
    [file('1..0'), ENDED, 'it holds no test, and gives no reason'],
    [file('okay', '1..1'), ENDED, '1 tests were planned, and 0 answered'],
  ] as const)
    t.match(readResult(output, end), { failed: 1, problem }, problem);
  const both = readResult(file('not ok 1 - a', 'not ok 2 - b', '1..3'), FAILED);
  t.match(both, { failed: 2, problem: '3 tests were planned, and 2 answered' }, 'the failed ones are counted once');
});

t.test('a file that is left out with a reason has not failed', async (t) => {
  t.match(readResult(file('1..0 # no such system'), ENDED), { passed: 0, failed: 0, problem: undefined });
  t.match(readResult(file('ok 1 - a # SKIP no such system', '1..1'), ENDED), { passed: 1, failed: 0 });
});

t.test('a file that never ran has failed', async (t) => {
  t.match(notRun('no process'), { passed: 0, failed: 1, problem: 'no process' });
});
