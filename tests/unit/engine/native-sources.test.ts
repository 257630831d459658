import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { NATIVE_ERROR_CODES } from '../../../server/engine/native/binding.ts';

const native = fileURLToPath(new URL('../../../server/engine/native', import.meta.url));
const src = join(native, 'src');
const require = createRequire(import.meta.url);
const whisper = join(
  dirname(require.resolve('@fugood/whisper.node/package.json')),
  'src/whisper.rn/vendor/whisper.cpp',
);
/** Headers of the library that are part of its published interface. */
const PUBLIC_HEADERS = new Set([
  ...readdirSync(join(whisper, 'include')),
  ...readdirSync(join(whisper, 'ggml', 'include')),
]);
const LINES_MAX = 400;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(h|c|cpp)$/.test(file));
const ours = new Set(files.map((file) => file.slice(file.lastIndexOf('/') + 1)));

t.test('only src/upstream sees the library beyond its public headers', async (t) => {
  t.ok(files.length > 30);
  for (const file of files.filter((file) => !file.startsWith('upstream/'))) {
    for (const [, included] of readFileSync(join(src, file), 'utf8').matchAll(/^\s*#\s*include\s*"(.*)"/gm)) {
      const name = included!.slice(included!.lastIndexOf('/') + 1);
      t.ok(ours.has(name) || PUBLIC_HEADERS.has(name), `${file} includes ${included}`);
    }
  }
});

t.test('the build knows every source', async (t) => {
  const gyp = readFileSync(join(native, 'binding.gyp'), 'utf8');
  for (const file of files.filter((file) => !file.endsWith('.h'))) t.ok(gyp.includes(`"src/${file}"`), file);
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

const compiler = process.env['CXX'] ?? 'c++';
const hasCompiler = spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status === 0;

t.test(
  'our sources compile without a warning',
  { skip: hasCompiler ? false : `there is no ${compiler}` },
  async (t) => {
    const flags = spawnSync(process.execPath, [join(native, 'build.mjs'), '--print-flags'], {
      encoding: 'utf8',
    }).stdout;
    const system = [
      join(whisper, 'include'),
      join(whisper, 'ggml', 'include'),
      require('node-addon-api').include_dir as string,
      join(dirname(require.resolve('node-api-headers/package.json')), 'include'),
    ];
    const compile = (sources: string[], includes: string[], defines: string[]): void => {
      const args = ['-fsyntax-only', '-std=c++17', '-Wall', '-Wextra', '-Werror', '-DNDEBUG', ...flags.split(' ')];
      args.push(`-I${src}`, ...includes.flatMap((folder) => ['-isystem', folder]), ...defines, ...sources);
      const { status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
      t.equal(status, 0, `${sources.map((file) => relative(src, file))}: ${stderr}`);
    };
    const of = (folder: string): string[] =>
      files.filter((file) => file.startsWith(`${folder}/`) && file.endsWith('.cpp')).map((file) => join(src, file));
    compile(of('kernels'), system, ['-DSOTTO_VARIANT=kernels_test']);
    const napi = ['-DNAPI_VERSION=8', '-DNODE_ADDON_API_CPP_EXCEPTIONS'];
    compile([...of('addon'), ...of('decode'), ...of('diagnostics')], system, napi);
    const internals = ['src', 'ggml/src', 'ggml/src/ggml-cpu'].map((folder) => join(whisper, folder));
    const library = ['-DGGML_USE_CPU', '-DGGML_USE_LLAMAFILE', '-DGGML_VERSION="t"', '-DGGML_COMMIT="t"'];
    compile(
      of('upstream'),
      [...system, ...internals],
      [...library, '-DGGML_USE_CPU_REPACK', '-DWHISPER_VERSION="t"', '-D_GNU_SOURCE'],
    );
  },
);
