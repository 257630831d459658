// Builds the native engine during `npm ci`. Plain JavaScript, because it runs before anything is compiled.
// It never fails an install: without a compiler the prebuilt binding is used, and one line says so.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, homedir, platform } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, 'build', 'Release', 'sotto_whisper.node');
const stamp = join(here, 'build', 'Release', 'key.txt');
/** Platform, architecture and vector instructions that the built binary needs, for `--check`. */
const needs = join(here, 'build', 'Release', 'needs.txt');
/** Hash of our own sources and flags that the binary was built from. */
const sources = join(here, 'build', 'Release', 'sources.txt');
const log = join(here, 'build', 'build.log');
const smallest = join(here, '..', '..', '..', 'models', 'embedded', 'ggml-tiny.en-q8_0.bin');
const TRY_TIMEOUT_MS = 60_000;
const BUILD_TIMEOUT_MS = 15 * 60_000;
const PROGRESS_MS = 5_000;
/** Files in binding.gyp that are for another processor than this one. */
const OTHER_CPU_FILES = 2;

/**
 * The machine's own instruction set, or a baseline that nearly every machine of the last ten years has. The library's
 * products for AMX are left out: compiled by GCC 12 they end the process at the first of them (its header lets all but
 * the first bytes of the tiles' configuration be dropped). So are those for AVX512-FP16, which keep their sums in halves:
 * a hundred times the error of any other processor.
 */
const CPU_FLAGS = {
  x64: { native: '-march=native -U__AMX_INT8__ -U__AVX512FP16__', portable: '-march=x86-64-v3' },
  arm64: { native: '-mcpu=native', portable: '-march=armv8.2-a+dotprod' },
};

function getCpuFlags() {
  return CPU_FLAGS[arch()]?.[process.env.SOTTO_PORTABLE === '1' ? 'portable' : 'native'] ?? '-O3';
}

/** Vector instructions that the compiler may use here; known on Linux only. */
function listVectorInstructions() {
  if (process.env.SOTTO_PORTABLE === '1') return arch() === 'x64' ? ['avx', 'avx2', 'bmi2', 'f16c', 'fma'] : [];
  const flags = readCpuFeatures().split(/\s+/);
  return flags.filter((flag) => /^(avx|fma$|f16c$|bmi|amx|asimd|sve|i8mm$)/.test(flag)).sort();
}

/**
 * Why the binary cannot run here, or undefined. After a folder was copied from another machine, the binary would
 * otherwise end its process at the first instruction this processor does not have.
 */
function findMismatch() {
  if (!existsSync(built)) return 'it is not built';
  // Another version of the addon may lack what the server calls.
  const from = existsSync(sources) ? readFileSync(sources, 'utf8') : '';
  if (from !== hashSources()) return 'it was built from other sources; npm ci builds it anew';
  const [system, ...wanted] = (existsSync(needs) ? readFileSync(needs, 'utf8') : '').trim().split(' ');
  if (system && system !== `${platform()}-${arch()}`) return `it was built for ${system}`;
  const here = readCpuFeatures().split(/\s+/);
  const lacks = platform() === 'linux' ? wanted.filter((flag) => !here.includes(flag)) : [];
  if (lacks.length > 0) return `it was built for a processor with ${lacks.join(', ')}, which this one has not`;
  try {
    require(built);
  } catch (error) {
    return `it does not load: ${String(error.message).split('\n')[0]}`;
  }
  return undefined;
}

/** Throws when the package that we compile from no longer ships its sources. */
function checkSources() {
  const manifest = require.resolve('@fugood/whisper.node/package.json');
  const whisper = join(dirname(manifest), 'src', 'whisper.rn', 'vendor', 'whisper.cpp');
  for (const file of ['src/whisper.cpp', 'include/whisper.h', 'ggml/src/ggml.c', 'ggml/src/ggml-cpu/ggml-cpu.c']) {
    if (existsSync(join(whisper, file))) continue;
    throw new Error(`@fugood/whisper.node ${require(manifest).version} does not hold ${file}; 1.2.0-rc.0 does`);
  }
}

/** Hash of everything the binary depends on; a change of any of it means a new build. */
function computeBuildKey() {
  const hash = createHash('sha256');
  hash.update(require('@fugood/whisper.node/package.json').version);
  hash.update(require('node-addon-api/package.json').version);
  hash.update(hashSources());
  hash.update(`napi ${process.versions.napi} modules ${process.versions.modules} ${readCompilerVersion()}`);
  hash.update(
    `${platform()} ${arch()} ${getCpuFlags()} ${process.env.SOTTO_PORTABLE === '1' ? '' : readCpuFeatures()}`,
  );
  return hash.digest('hex').slice(0, 24);
}

function hashSources() {
  const hash = createHash('sha256');
  const files = readdirSync(join(here, 'src'), { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  for (const path of files.map((file) => join(file.parentPath ?? file.path, file.name)).sort())
    hash.update(readFileSync(path));
  return hash
    .update(readFileSync(join(here, 'binding.gyp')))
    .update(JSON.stringify(CPU_FLAGS))
    .digest('hex')
    .slice(0, 24);
}

function readCompilerVersion() {
  return String(spawnSync(process.env.CXX ?? 'c++', ['--version'], { encoding: 'utf8' }).stdout).split('\n')[0];
}

function readCpuFeatures() {
  try {
    const flags = /^(flags|Features)\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'));
    if (flags) return flags[0];
  } catch {
    // Not Linux: the model name tells machines apart well enough.
  }
  return cpus()[0]?.model ?? '';
}

/** Folder of Node headers that are on this machine already; node-gyp would otherwise download them. */
function prepareNodeHeaders() {
  const own = dirname(dirname(process.execPath));
  if (
    process.env.SOTTO_NODE_HEADERS !== 'package' &&
    ['common.gypi', 'node_api.h'].every((name) => existsSync(join(own, 'include', 'node', name)))
  )
    return own;
  const folder = join(here, 'build', 'headers');
  const include = join(folder, 'include', 'node');
  mkdirSync(include, { recursive: true });
  const from = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(include, name));
  writeFileSync(
    join(include, 'common.gypi'),
    "{ 'target_defaults': { 'default_configuration': 'Release', 'configurations': { 'Release': {}, 'Debug': {} }, 'cflags': ['-fPIC'], 'conditions': [['OS==\"mac\"', { 'xcode_settings': { 'OTHER_LDFLAGS': ['-undefined dynamic_lookup'] } }]] } }\n",
  );
  writeFileSync(
    join(include, 'config.gypi'),
    `{ 'target_defaults': { 'default_configuration': 'Release' }, 'variables': { 'target_arch': '${arch()}', 'host_arch': '${arch()}' } }\n`,
  );
  // node-gyp reads the version from here.
  const [major, minor, patch] = process.versions.node.split('.');
  writeFileSync(
    join(include, 'node_version.h'),
    `#define NODE_MAJOR_VERSION ${major}\n#define NODE_MINOR_VERSION ${minor}\n#define NODE_PATCH_VERSION ${patch}\n`,
  );
  return folder;
}

function findMissingTool() {
  const tools = [process.env.CXX ?? 'c++', 'make', process.env.PYTHON ?? 'python3'];
  return tools.find((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0);
}

/** The environment of node-gyp: this Node first in the path, and without npm's settings, which node-gyp would misread. */
function buildGypEnvironment() {
  const env = { ...process.env, V: '', PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` };
  for (const name of Object.keys(env)) if (/^npm_config_/i.test(name) && !/proxy|python/i.test(name)) delete env[name];
  return env;
}

/** Decodes noise with the smallest model, which runs every kind of product in the network. */
async function tryDecode() {
  const samples = Float32Array.from({ length: 16_000 }, (_, i) => 0.1 * Math.sin(i * i));
  const model = new (require(built).Model)(smallest);
  await model.decode(1, samples, {
    samples,
    language: 'en',
    languages: [],
    translate: false,
    prompt: '',
    prefix: '',
    windowFloor: 0,
    threads: 1,
    wordTimes: true,
    timestamps: false,
    beamSize: 1,
    temperatures: [0],
    whisperLoop: false,
  });
  model.close();
}

/**
 * How a decode in a process of its own fails, or undefined. A binary that loads may still end its process, where the
 * compiler or the machine is not what either says it is.
 */
function tryInOwnProcess() {
  if (!existsSync(smallest)) return undefined;
  const { status, signal, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--try'], {
    encoding: 'utf8',
    timeout: TRY_TIMEOUT_MS,
  });
  if (status === 0) return undefined;
  const reason = /^\w*Error: (.*)$/m.exec(stderr ?? '')?.[1];
  return `a decode to try it ended its process with ${signal ?? `status ${status}`}${reason ? ` (${reason})` : ''}`;
}

/** Resolves with the problem, or undefined. The compiler's output goes to `build.log`. */
function compile(total) {
  const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js');
  // Not `rebuild`: it would delete the headers copied here, and the engine that other processes may be loading.
  const args = [
    gyp,
    'configure',
    'build',
    '--release',
    `--nodedir=${prepareNodeHeaders()}`,
    `--jobs=${availableParallelism()}`,
  ];
  const output = createWriteStream(log);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: here,
      env: buildGypEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = setTimeout(() => child.kill(), BUILD_TIMEOUT_MS);
    let done = 0;
    const progress = setInterval(() => print(`${done} of ${total} files compiled`), PROGRESS_MS);
    const read = (chunk) => {
      output.write(chunk);
      done += String(chunk).match(/^\s*(CC|CXX)\(target\)/gm)?.length ?? 0;
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => {
      clearTimeout(kill);
      clearInterval(progress);
      output.end();
      resolve(code === 0 && existsSync(built) ? undefined : `the compiler failed, see ${log}`);
    });
  });
}

function print(text) {
  console.log(`sotto: native engine: ${text}`);
}

/**
 * npm hides what an install script prints, and `npx sotto` runs this script when it links the checkout for the first
 * time: without this line the command would seem to hang for minutes.
 */
function printOnTerminal(text) {
  if (process.stdout.isTTY || process.env.npm_lifecycle_event === undefined) return;
  try {
    // Erases npm's spinner, which stands on the same line.
    writeFileSync('/dev/tty', `\r\x1b[Ksotto: native engine: ${text}\n`);
  } catch {
    // There is no terminal, or the system has none under this name.
  }
}

async function main() {
  if (process.argv.includes('--print-flags')) {
    process.stdout.write(getCpuFlags());
    return;
  }
  if (process.argv.includes('--try')) return await tryDecode();
  if (process.argv.includes('--check')) {
    process.stdout.write(findMismatch() ?? '');
    return;
  }
  if (process.env.SOTTO_NATIVE === '0') {
    print('not built because of SOTTO_NATIVE=0; the stock binding is used.');
    return;
  }
  checkSources();
  const key = computeBuildKey();
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sotto', 'native', key);
  if (existsSync(built) && existsSync(stamp) && readFileSync(stamp, 'utf8') === key && findMismatch() === undefined) {
    writeBuildInfo(key);
    return print('up to date.');
  }
  if (restoreFromCache(cache, key)) return print('built on this machine before; taken from the cache.');
  const missing = findMissingTool();
  if (missing !== undefined) {
    throw new Error(`${missing} is not there (Debian: apt install g++ make python3; macOS: xcode-select --install)`);
  }
  const total = (readFileSync(join(here, 'binding.gyp'), 'utf8').match(/\.(c|cpp)"/g) ?? []).length - OTHER_CPU_FILES;
  const target = process.env.SOTTO_PORTABLE === '1' ? 'for other machines too' : 'for this machine';
  const announcement = `building ${target} (${getCpuFlags()}), about two minutes`;
  print(announcement);
  printOnTerminal(announcement);
  const started = Date.now();
  mkdirSync(join(here, 'build'), { recursive: true });
  const problem = await compile(total);
  if (problem !== undefined) throw new Error(problem);
  require(built);
  const failed = tryInOwnProcess();
  if (failed !== undefined) {
    rmSync(built);
    throw new Error(failed);
  }
  writeBuildInfo(key);
  copyToCache(cache);
  print(`ready after ${Math.round((Date.now() - started) / 1000)} s.`);
}

function writeBuildInfo(key) {
  writeFileSync(needs, [`${platform()}-${arch()}`, ...listVectorInstructions()].join(' '));
  writeFileSync(sources, hashSources());
  writeFileSync(stamp, key);
}

function restoreFromCache(cache, key) {
  try {
    if (!existsSync(join(cache, 'sotto_whisper.node'))) return false;
    mkdirSync(dirname(built), { recursive: true });
    copyFileSync(join(cache, 'sotto_whisper.node'), built);
    // A copy that does not load (another libc, an incomplete file) is worse than none.
    require(built);
    if (tryInOwnProcess() !== undefined) throw new Error('it fails now');
    writeBuildInfo(key);
    return true;
  } catch {
    rmSync(built, { force: true });
    return false;
  }
}

function copyToCache(cache) {
  try {
    mkdirSync(cache, { recursive: true });
    copyFileSync(built, join(cache, 'sotto_whisper.node'));
    if (statSync(join(cache, 'sotto_whisper.node')).size !== statSync(built).size) rmSync(cache, { recursive: true });
  } catch {
    // The cache only saves time; a home folder that cannot be written is no error.
  }
}

main().catch((error) => {
  if (process.argv.includes('--try')) throw error;
  print(`not built: ${error.message}. The stock binding is used, many times slower on x64; see npx sotto doctor.`);
});
