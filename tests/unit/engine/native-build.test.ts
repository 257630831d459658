import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadNative } from '../../../server/engine/native/binding.ts';
import { getNativePath, getPackageRoot } from '../../../server/engine/native/locate.ts';

const source = fileURLToPath(new URL('../../../server/engine/native', import.meta.url));

/** A copy of the build's script and sources, so that the engine other tests load stays as it is. */
function copyOfBuild(folder: string) {
  for (const name of ['build.mjs', 'compile.mjs', 'progress.mjs', 'sources.json', 'src']) {
    cpSync(join(source, name), join(folder, name), { recursive: true });
  }
  return (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(folder, 'build.mjs'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), ...env },
    });
}

t.test('an engine that cannot run here is detected before it ends a process', async (t) => {
  const folder = t.testdir();
  const run = copyOfBuild(folder);
  const binary = join(folder, 'build', 'Release', 'sotto_whisper.node');
  const check = (want: RegExp, env: Record<string, string> = {}): void => {
    const { status, stdout } = run(['--check'], env);
    t.equal(status, 0);
    t.match(stdout, want);
  };
  check(/^it is not built$/);
  mkdirSync(dirname(binary), { recursive: true });
  writeFileSync(binary, 'not a library');
  check(/^it was built from other sources; npm ci builds it anew$/);
  copyFileSync(join(dirname(getNativePath()), 'build.json'), join(dirname(binary), 'build.json'));
  check(/^it does not load: /);
  copyFileSync(getNativePath(), binary);
  check(/^$/);
  check(/^it does not load: SOTTO_KERNELS is "abacus"; this processor runs: /, { SOTTO_KERNELS: 'abacus' });
  appendFileSync(join(folder, 'src', 'decode', 'decoding-task.h'), '// another task');
  check(/^it was built from other sources/);
  rmSync(binary);
  check(/^it is not built$/);
});

t.test('a decode tries an engine before it is used', async (t) => {
  const folder = t.testdir();
  const run = copyOfBuild(join(folder, 'server', 'engine', 'native'));
  const binary = join(folder, 'server', 'engine', 'native', 'build', 'Release', 'sotto_whisper.node');
  const model = join(folder, 'models', 'embedded', 'ggml-tiny.en-q8_0.bin');
  mkdirSync(dirname(binary), { recursive: true });
  mkdirSync(dirname(model), { recursive: true });
  copyFileSync(getNativePath(), binary);
  copyFileSync(join(getPackageRoot(), 'models', 'embedded', 'ggml-tiny.en-q8_0.bin'), model);
  t.equal(run(['--try']).status, 0);
  t.equal(run(['--try'], { SOTTO_KERNELS: loadNative().diagnostics.kernelSets.at(-1)! }).status, 0);
  writeFileSync(model, 'not a model');
  const { status, stderr } = run(['--try']);
  t.not(status, 0);
  t.match(stderr, /Error: /);
});

t.test('an install goes on where the build cannot write its log, and says why there is no engine', async (t) => {
  const folder = t.testdir({ tool: '#!/bin/sh\ntest "$1" = --version\n' });
  const run = copyOfBuild(folder);
  const tool = join(folder, 'tool');
  chmodSync(tool, 0o755);
  mkdirSync(join(folder, 'build', 'build.log'), { recursive: true });
  const { status, stdout, stderr } = run([], { CC: tool, CXX: tool });
  t.equal(status, 0, stderr);
  t.match(stdout, /not built: the compiler failed/);
});

const hasTerminal = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0;

t.test(
  'a build that npm runs silently tells its progress on the terminal, in one line that it rewrites',
  { skip: !hasTerminal && 'script of util-linux, which opens a terminal, is not installed' },
  async (t) => {
    const folder = t.testdir();
    copyOfBuild(folder);
    // Makes empty files and fails to link them.
    const tool = join(folder, 'tool');
    const script =
      'case "$*" in *--version*) echo 1;; *-fsyntax-only*) ;; *" -c "*) for last; do :; done; : > "$last";; *) exit 1;; esac';
    writeFileSync(tool, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const hidden = join(folder, 'hidden');
    const run = (environment: Record<string, string>, redirect: string): string => {
      const { npm_lifecycle_event: _, ...rest } = process.env;
      const command = `'${process.execPath}' '${join(folder, 'build.mjs')}' ${redirect}`;
      const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { ...rest, XDG_CACHE_HOME: join(folder, 'cache'), CC: tool, CXX: tool, ...environment },
      });
      return stdout;
    };
    const silently = `> '${hidden}' 2>&1`;
    const percentages = (text: string): number[] => [...text.matchAll(/(\d+) %/g)].map(([, digits]) => Number(digits));
    const byNpm = run({ npm_lifecycle_event: 'install' }, silently);
    t.match(
      readFileSync(hidden, 'utf8'),
      /^sotto: native engine: compiling, about half a minute \.\.\. not built: .*\n$/,
      'one line',
    );
    t.equal(percentages(byNpm)[0], 0);
    t.equal(percentages(byNpm).at(-1), 100);
    t.same(
      percentages(byNpm),
      percentages(byNpm).toSorted((a, b) => a - b),
    );
    const lines = byNpm.split('\r\n').slice(0, -1);
    t.ok(
      lines.slice(1).every((line) => line.startsWith('\x1b[1A\r\x1b[K')),
      'each line takes the place of the one before',
    );
    t.match(lines.at(-1), /not built: the compiler failed/);
    t.equal(run({}, silently), '', 'started by hand, it prints to standard output alone');
    const byHand = run({}, '');
    t.equal(byHand.split('\n').length, 2, 'where it rewrites one line, too');
    t.equal(percentages(byHand).at(-1), 100);
  },
);

t.test('without a compiler the install succeeds and says in one line what that costs', async (t) => {
  const run = copyOfBuild(t.testdir());
  const { status, stdout, stderr } = run([], { PATH: dirname(process.execPath), CXX: 'no-such-compiler' });
  t.equal(status, 0);
  t.equal(stderr, '');
  t.match(stdout, /^sotto: native engine: not built: no-such-compiler is not there .*stock binding.*slower.*\n$/);
});
