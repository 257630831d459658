import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { getNativePath, getPackageRoot } from '../../../server/engine/native/locate.ts';

const source = fileURLToPath(new URL('../../../server/engine/native', import.meta.url));

/** A copy of the build's script and sources, so that the engine other tests load stays as it is. */
function copyOfBuild(folder: string) {
  for (const name of ['build.mjs', 'binding.gyp', 'src']) {
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
  const needs = join(dirname(binary), 'needs.txt');
  const check = (want: RegExp): void => {
    const { status, stdout } = run(['--check']);
    t.equal(status, 0);
    t.match(stdout, want);
  };
  check(/^it is not built$/);
  mkdirSync(dirname(binary), { recursive: true });
  writeFileSync(binary, 'not a library');
  check(/^it was built from other sources; npm ci builds it anew$/);
  copyFileSync(join(dirname(getNativePath()), 'sources.txt'), join(dirname(binary), 'sources.txt'));
  check(/^it does not load: /);
  copyFileSync(getNativePath(), binary);
  check(/^$/);
  writeFileSync(needs, 'plan9-mips');
  check(/^it was built for plan9-mips$/);
  writeFileSync(needs, `${process.platform}-${process.arch} avx9000`);
  check(process.platform === 'linux' ? /^it was built for a processor with avx9000, which this one has not$/ : /^$/);
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
  writeFileSync(model, 'not a model');
  const { status, stderr } = run(['--try']);
  t.not(status, 0);
  t.match(stderr, /Error: /);
});

const hasTerminal = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0;

t.test(
  'a build that npm runs silently is announced on the terminal, with how long it takes',
  { skip: !hasTerminal && 'script of util-linux, which opens a terminal, is not installed' },
  async (t) => {
    const folder = t.testdir();
    copyOfBuild(folder);
    // Tools that are there, and compile nothing.
    const tool = join(folder, 'tool');
    writeFileSync(tool, '#!/bin/sh\n[ "$1" = --version ] && echo 1\n', { mode: 0o755 });
    const hidden = join(folder, 'hidden');
    const run = (environment: Record<string, string>): string => {
      const { npm_lifecycle_event: _, ...rest } = process.env;
      const command = `'${process.execPath}' '${join(folder, 'build.mjs')}' > '${hidden}' 2>&1`;
      const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { ...rest, XDG_CACHE_HOME: join(folder, 'cache'), CXX: tool, MAKE: tool, ...environment },
      });
      t.match(readFileSync(hidden, 'utf8'), /building for this machine.*\n[\s\S]*not built: the compiler failed/);
      return stdout;
    };
    const terminal = run({ npm_lifecycle_event: 'install' });
    t.equal(terminal.split('\n').length, 2, 'one line');
    t.match(terminal, /sotto: native engine: building .*, about two minutes\r\n$/);
    t.equal(run({}), '', 'started by hand, it prints to standard output alone');
  },
);

t.test('without a compiler the install succeeds and says in one line what that costs', async (t) => {
  const run = copyOfBuild(t.testdir());
  const { status, stdout, stderr } = run([], { PATH: dirname(process.execPath), CXX: 'no-such-compiler' });
  t.equal(status, 0);
  t.equal(stderr, '');
  t.match(stdout, /^sotto: native engine: not built: no-such-compiler is not there .*stock binding.*slower.*\n$/);
});
