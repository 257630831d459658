import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { NATIVE_ERROR_CODES } from '../../../server/engine/native/binding.ts';
import {
  getWhisperFolder,
  listKernelSets,
  listUnits,
  readTarget,
  type Unit,
} from '../../../server/engine/native/compile.mjs';

const native = fileURLToPath(new URL('../../../server/engine/native', import.meta.url));
const src = join(native, 'src');
const whisper = getWhisperFolder();
/** Headers of the library that are part of its published interface. */
const PUBLIC_HEADERS = new Set(readdirSync(join(whisper, 'ggml', 'include')));
const LINES_MAX = 400;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(h|c|cpp)$/.test(file));
const ours = new Set(files.map((file) => file.slice(file.lastIndexOf('/') + 1)));

t.test('only what reads a model file sees the library, and of it the published interface', async (t) => {
  t.ok(files.length > 30);
  const readers = new Set(['network/model-file.cpp', 'network/weights.cpp']);
  for (const file of files) {
    for (const [, included] of readFileSync(join(src, file), 'utf8').matchAll(/^\s*#\s*include\s*"(.*)"/gm)) {
      const name = included!.slice(included!.lastIndexOf('/') + 1);
      t.ok(ours.has(name) || (PUBLIC_HEADERS.has(name) && readers.has(file)), `${file} includes ${included}`);
    }
  }
});

t.test('the build knows every source', async (t) => {
  const list = readFileSync(join(native, 'sources.json'), 'utf8');
  for (const file of files.filter((file) => !file.endsWith('.h'))) t.ok(list.includes(`"src/${file}"`), file);
});

t.test('the codes of errors are the same in C++ and in TypeScript', async (t) => {
  const header = readFileSync(join(src, 'decode', 'failure.h'), 'utf8');
  const codes = [...header.matchAll(/constexpr const char \* \w+ = "(.+)";/g)].map(([, code]) => code);
  t.same(codes, NATIVE_ERROR_CODES);
  const addon = readFileSync(join(src, 'addon', 'addon.cpp'), 'utf8');
  t.equal(addon.match(/Napi::Error::New/g)?.length, 1, 'and no error of the addon is without one');
});

t.test('no source is longer than is easily read', async (t) => {
  for (const file of files) {
    const lines = readFileSync(join(src, file), 'utf8').split('\n').length;
    t.ok(lines <= LINES_MAX, `${file} has ${lines} lines`);
  }
});

const target = readTarget(process.platform, process.arch, process.env);
const hasCompiler = spawnSync(target.cxx, ['--version'], { stdio: 'ignore' }).status === 0;

/** Compiles with warnings as errors, and returns what the compiler says. */
function compile(unit: Unit, ...more: string[]): string {
  const source = unit.args.indexOf('-c');
  const args = [...unit.args.slice(0, source), '-Werror', ...more, ...unit.args.slice(source)];
  mkdirSync(dirname(unit.object), { recursive: true });
  const { status, stderr } = spawnSync(unit.command, args, { cwd: native, encoding: 'utf8' });
  return status === 0 ? '' : `${unit.source}: ${stderr}`;
}

t.test(
  'our sources compile without a warning',
  { skip: hasCompiler ? false : `there is no ${target.cxx}` },
  async (t) => {
    const units = listUnits(target, t.testdir(), []).filter((unit) => unit.source.startsWith('src/'));
    t.ok(units.length > 20);
    for (const unit of units) t.equal(compile(unit, '-fsyntax-only'), '');
  },
);

const hasNm = spawnSync('nm', ['--version'], { stdio: 'ignore' }).status === 0;

t.test(
  'no set of kernels defines functions that the linker could take for the base line',
  { skip: hasCompiler && hasNm ? false : `there is no ${target.cxx} or no nm` },
  async (t) => {
    const sets = listKernelSets(target);
    const folder = t.testdir();
    const units = listUnits(target, folder, sets).filter(({ object }) =>
      sets.some(({ name }) => dirname(object) === join(folder, name)),
    );
    t.ok(units.length >= sets.length && sets.length > 0);
    for (const unit of units) {
      t.equal(compile(unit), '');
      const { stdout } = spawnSync('nm', [unit.object], { encoding: 'utf8' });
      const symbols = stdout.split('\n').map((line) => line.trim().split(/\s+/).slice(-2));
      t.ok(
        symbols.some(([kind]) => kind === 'T' || kind === 'D' || kind === 'R'),
        unit.object,
      );
      t.same(
        symbols.filter(([kind]) => /^[WVu]$/.test(kind ?? '')),
        [],
        unit.object,
      );
    }
  },
);
