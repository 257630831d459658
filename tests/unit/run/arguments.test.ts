import { spawnSync } from 'node:child_process';
import t from 'tap';
import { readArguments } from '../../run/arguments.ts';
import { programArgs } from '../../support/program.ts';

const REFUSED = [
  '--jobs=0',
  '--jobs=x',
  '--jobs=',
  '--jobs=-1',
  '--jobs=1.5',
  '--jobs=1000',
  '--jobs',
  '--reporter=tap',
  '-x',
];

t.test('paths and options are read', async (t) => {
  t.same(readArguments([], 3), { wanted: [], each: false, coverage: false, jobs: 3 });
  const args = ['tests/unit/vad', '--jobs=64', 'stream', '--each', '--coverage'];
  t.same(readArguments(args, 3), { wanted: ['tests/unit/vad', 'stream'], each: true, coverage: true, jobs: 64 });
});

t.test('what it does not know is refused, and never ignored', async (t) => {
  for (const arg of REFUSED)
    t.throws(() => readArguments(['stream', arg], 3), { message: new RegExp(`^${arg} cannot be used\\. Usage: `) });
});

t.test('a run that tests nothing has failed', async (t) => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [...programArgs('tests/run/main.ts'), ...args], {
      ...{ encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    });
  for (const arg of ['--jobs=0', '--reporter=tap']) {
    const { status, stdout, stderr } = run(arg);
    t.equal(status, 64, arg);
    t.equal(stdout, '', 'nothing has been run');
    t.match(stderr, `${arg} cannot be used.`);
  }
  const { status, stdout } = run('no/such', '/file.test');
  t.equal(status, 1);
  t.match(stdout, /^not ok - no test file has no\/such in its path$/m);
  t.match(stdout, /^0 passed, 2 failed$/m);
});
