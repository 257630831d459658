import { execFile } from 'node:child_process';
import t from 'tap';
import { programArgs } from '../../support/program.ts';

const MAIN = programArgs('tests/support/process-errors-main.ts');

const run = (...args: string[]): Promise<{ status: number | string | null | undefined; lines: string[] }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [...MAIN, ...args], (error, stdout) =>
      resolve({ status: error === null ? 0 : error.code, lines: stdout.trim().split('\n') }),
    );
  });

t.test('what got past every guard is reported, and the process goes on', async (t) => {
  const { status, lines } = await run();
  t.equal(status, 0);
  t.same(lines.slice(0, 2), [
    'an exception got past every guard: thrown',
    'a rejected promise got past every guard: rejected',
  ]);
  t.equal(lines.filter((line) => line.endsWith(': again')).length, 10, 'a flood is not all reported');
  t.equal(lines.at(-1), 'still here');
});

t.test('without it the same error ends the process', async (t) => {
  const { status, lines } = await run('stop');
  t.equal(status, 1);
  t.equal(lines.at(-1), 'still here');
});
