// Compiles and links the addon: what sources.json lists, the slowest files first, on all cores. A file is compiled
// again when it, a header of ours or its command has changed. Plain JavaScript, because it runs before anything is
// compiled.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const COMPILE_TIMEOUT_MS = 15 * 60_000;

/** What is compiled, with which flags. The names of kernel sets are those of namespaces in C++. */
export const SOURCES = JSON.parse(readFileSync(join(here, 'sources.json'), 'utf8'));

/**
 * @typedef {object} Target
 * @property {string} platform `linux` or `darwin`.
 * @property {string} arch `x64` or `arm64`.
 * @property {string} cc Compiler of C.
 * @property {string} cxx Compiler of C++, which also links.
 * @property {readonly string[]} [linkFlags] More flags for the linker.
 */

/** The target that the environment asks for: this machine, or with CC and CXX those of a cross compiler. */
export function readTarget(platform, arch, environment) {
  return { platform, arch, cc: environment.CC || 'cc', cxx: environment.CXX || 'c++' };
}

/** False where nothing of ours compiles: the sources need a POSIX system and one of two architectures. */
export function isSupported({ platform, arch }) {
  return SOURCES.flags[platform] !== undefined && SOURCES.baseLines[arch] !== undefined;
}

function forTarget(table, { platform, arch }) {
  return table[`${platform}-${arch}`] ?? table[arch];
}

/** Folders that prefixes in sources.json stand for. */
function resolvePath(path) {
  if (path === 'node-addon-api') return dirname(require.resolve('node-addon-api/package.json'));
  if (path === 'node-api-headers') return join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  return path.startsWith('whisper:') ? join(getWhisperFolder(), path.slice('whisper:'.length)) : join(here, path);
}

export function getWhisperFolder() {
  const manifest = require.resolve('@fugood/whisper.node/package.json');
  return join(dirname(manifest), 'src', 'whisper.rn', 'vendor', 'whisper.cpp');
}

/** The versions of compilers and libraries that a binary is made with, and what the environment adds. */
export function describeTools({ platform, arch, cc, cxx }) {
  const version = (command) => String(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout).split('\n')[0];
  const libraries = ['@fugood/whisper.node', 'node-addon-api', 'node-api-headers'];
  return [
    ...libraries.map((name) => require(`${name}/package.json`).version),
    ...[platform, arch, version(cc), version(cxx)],
    ...['CFLAGS', 'CXXFLAGS', 'LDFLAGS'].map((name) => process.env[name] ?? ''),
  ].join(' ');
}

/** The kernel sets whose flags this compiler knows, the widest instructions first. */
export function listKernelSets(target) {
  return forTarget(SOURCES.kernelSets, target).filter(({ flags }) => {
    const args = [...flags, '-x', 'c++', '-fsyntax-only', '-'];
    return spawnSync(target.cxx, args, { input: '', stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
  });
}

/**
 * One compilation of one source. Those of the base line come first and the widest kernel set last, in the order of
 * linking: of an inline function that several objects define, the linker takes the first.
 * @returns {{ source: string, object: string, command: string, args: string[], seconds: number }[]}
 */
export function listUnits(target, folder, sets = listKernelSets(target)) {
  const setList = sets.map(({ name }) => `SOTTO_KERNEL_SET(${name})`).join(' ');
  return SOURCES.groups.flatMap((group) => {
    const variants = group.perSet
      ? [...sets].reverse()
      : [{ name: group.name, flags: forTarget(SOURCES.baseLines, target) }];
    return variants.flatMap((variant) => {
      const define = group.perSet ? `-D${group.perSet}=${variant.name}` : `-DSOTTO_KERNEL_SETS=${setList}`;
      return [...group.sources, ...(group[target.arch] ?? [])].map((source) =>
        describeUnit(target, group, source, [...variant.flags, define], join(folder, variant.name)),
      );
    });
  });
}

function describeUnit(target, group, source, flags, folder) {
  const { file, flags: own = [], seconds = 1 } = typeof source === 'string' ? { file: source } : source;
  const isC = file.endsWith('.c');
  const environment = process.env[isC ? 'CFLAGS' : 'CXXFLAGS']?.split(/\s+/).filter(Boolean) ?? [];
  const object = join(folder, `${file.replace(/^whisper:/, '').replaceAll('/', '_')}.o`);
  const args = [
    ...SOURCES.flags.all,
    ...(isC ? [] : SOURCES.flags.cpp),
    ...SOURCES.flags[target.platform],
    ...group.flags,
    ...flags,
    ...own,
    ...environment,
    ...group.include.map((path) => `-I${resolvePath(path)}`),
    ...(group.system ?? []).flatMap((path) => ['-isystem', resolvePath(path)]),
    ...['-MMD', '-c', resolvePath(file), '-o', object],
  ];
  return { source: file, object, command: isC ? target.cc : target.cxx, args, seconds };
}

/** Hash of a unit's command and of all files it was compiled from; undefined when it was not compiled yet. */
function computeUnitKey(unit, version) {
  const dependencies = unit.object.replace(/\.o$/, '.d');
  if (!existsSync(unit.object) || !existsSync(dependencies)) return undefined;
  const hash = createHash('sha256').update(JSON.stringify([version, unit.command, unit.args]));
  const [, list = ''] = readFileSync(dependencies, 'utf8')
    .replaceAll('\\\n', ' ')
    .split(/:\s(.*)/s);
  for (const path of list.split(/(?<!\\)\s+/).filter(Boolean)) {
    const file = path.replaceAll('\\ ', ' ');
    if (!existsSync(file)) return undefined;
    hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}

function isFresh(unit, version) {
  const key = `${unit.object}.key`;
  return existsSync(key) && readFileSync(key, 'utf8') === computeUnitKey(unit, version);
}

/** Resolves with the output; rejects when the command fails. */
function run(command, args, log) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: here, stdio: ['ignore', 'pipe', 'pipe'], timeout: COMPILE_TIMEOUT_MS });
    child.stdout.on('data', (chunk) => log.write(chunk));
    child.stderr.on('data', (chunk) => log.write(chunk));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? `status ${status}`} for ${args.at(-1)}`));
    });
  });
}

/**
 * Builds the addon at `output`. Rejects at the first file that does not compile.
 * @param {Target} target
 * @param {object} options `folder` for objects, `jobs` side by side, `log` to write commands and messages to, and
 * `onProgress(share)` with 0 to 1 by the time that files take.
 */
export async function buildAddon(target, { folder, output, jobs, log, onProgress }) {
  const version = describeTools(target);
  const units = listUnits(target, folder);
  for (const path of new Set(units.map((unit) => dirname(unit.object)))) mkdirSync(path, { recursive: true });
  const stale = units.filter((unit) => !isFresh(unit, version)).sort((a, b) => b.seconds - a.seconds);
  const total = stale.reduce((sum, unit) => sum + unit.seconds, 0);
  let done = 0;
  let failed = false;
  const work = async () => {
    for (let unit = stale.shift(); unit !== undefined && !failed; unit = stale.shift()) {
      log.write(`${unit.command} ${unit.args.join(' ')}\n`);
      try {
        await run(unit.command, unit.args, log);
      } catch (error) {
        failed = true;
        throw error;
      }
      writeFileSync(`${unit.object}.key`, computeUnitKey(unit, version) ?? '');
      done += unit.seconds;
      onProgress(done / total);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const linkFlags = [...(target.linkFlags ?? []), ...(process.env.LDFLAGS?.split(/\s+/).filter(Boolean) ?? [])];
  mkdirSync(dirname(output), { recursive: true });
  // A process may have the old file open: it keeps it, and the new one gets its name.
  rmSync(output, { force: true });
  const objects = units.map((unit) => unit.object);
  await run(target.cxx, [...SOURCES.linkFlags[target.platform], ...objects, ...linkFlags, '-o', output], log);
}
