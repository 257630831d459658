// Builds the native engine during `npm ci`, unless the package of this platform brings it. Plain JavaScript, because it
// runs before anything is compiled. It never fails an install: without a compiler the prebuilt binding is used, and one
// line says so.
import { spawnSync } from 'node:child_process';
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
import { arch, availableParallelism, homedir, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAddon, describeTools, getWhisperFolder, isSupported, readTarget } from './compile.mjs';
import { BuildProgress } from './progress.mjs';

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const BINARY = 'sotto_whisper.node';
const release = join(here, 'build', 'Release');
const built = join(release, BINARY);
/** Beside the binary: `key`, a hash of all it was built from, and `sources`, the part of it that is ours. */
const info = join(release, 'build.json');
const objects = join(here, 'build', 'objects');
const log = join(here, 'build', 'build.log');
const smallest = join(here, '..', '..', '..', 'models', 'embedded', 'ggml-tiny.en-q8_0.bin');
const TRY_TIMEOUT_MS = 60_000;

const target = readTarget(platform(), arch(), process.env);

/** Path of the binary in this platform's package of the same version, or undefined. `locate.ts` looks in the same place. */
function findPackaged() {
  try {
    const { version } = require('../../../package.json');
    const name = `sotto-engine-${platform()}-${arch()}`;
    return require(`${name}/package.json`).version === version ? require.resolve(`${name}/${BINARY}`) : undefined;
  } catch {
    return undefined;
  }
}

function readInfo() {
  try {
    return JSON.parse(readFileSync(info, 'utf8'));
  } catch {
    return {};
  }
}

/** Why the binary cannot run here, or undefined. */
function findMismatch(binary) {
  if (binary === undefined || !existsSync(binary)) return 'it is not built';
  // Another version of the addon may lack what the server calls.
  if (binary === built && readInfo().sources !== hashSources())
    return 'it was built from other sources; npm ci builds it anew';
  try {
    require(binary);
  } catch (error) {
    return `it does not load: ${String(error.message).split('\n')[0]}`;
  }
  return undefined;
}

/** Throws when the package that we compile from no longer ships its sources. */
function checkSources() {
  const whisper = getWhisperFolder();
  for (const file of ['ggml/include/ggml.h', 'ggml/src/ggml.c', 'ggml/src/ggml-quants.c']) {
    if (existsSync(join(whisper, file))) continue;
    const { version } = require('@fugood/whisper.node/package.json');
    throw new Error(`@fugood/whisper.node ${version} does not hold ${file}; 1.2.0-rc.0 does`);
  }
}

/** Hash of everything the binary depends on; a change of any of it means a new build. */
function computeBuildKey() {
  return createHash('sha256').update(describeTools(target)).update(hashSources()).digest('hex').slice(0, 24);
}

function hashSources() {
  const hash = createHash('sha256');
  const files = readdirSync(join(here, 'src'), { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  for (const path of files.map((file) => join(file.parentPath ?? file.path, file.name)).sort())
    hash.update(readFileSync(path));
  for (const name of ['sources.json', 'compile.mjs']) hash.update(readFileSync(join(here, name)));
  return hash.digest('hex').slice(0, 24);
}

function findMissingTool() {
  return [target.cxx, target.cc].find((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0);
}

/** Decodes noise with the smallest model, which runs every kind of product in the network. */
async function tryDecode(binary) {
  const samples = Float32Array.from({ length: 16_000 }, (_, i) => 0.1 * Math.sin(i * i));
  const model = new (require(binary).Model)(smallest);
  await model.decode(1, samples, {
    samples,
    language: 'en',
    languages: [],
    translate: false,
    prompt: '',
    prefix: '',
    draft: '',
    windowFloor: 0,
    threads: 1,
    wordTimes: true,
    timestamps: false,
    beamSize: 1,
    temperatures: [0],
  });
  model.close();
}

/**
 * How a decode in a process of its own fails, or undefined. A binary that loads may still end its process, where the
 * compiler or the machine is not what either says it is.
 */
function tryInOwnProcess(binary) {
  if (!existsSync(smallest)) return undefined;
  const { status, signal, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--try', binary], {
    encoding: 'utf8',
    timeout: TRY_TIMEOUT_MS,
  });
  if (status === 0) return undefined;
  const reason = /^\w*Error: (.*)$/m.exec(stderr ?? '')?.[1];
  return `a decode to try it ended its process with ${signal ?? `status ${status}`}${reason ? ` (${reason})` : ''}`;
}

/** Compiles, and keeps the result only if it decodes. Throws with the reason. */
async function compile(progress) {
  mkdirSync(objects, { recursive: true });
  const output = createWriteStream(log);
  // A log that cannot be written (another user's, a full disk) is no reason to end an install.
  output.on('error', () => {});
  try {
    const jobs = availableParallelism();
    const onProgress = (share) => progress.update(share);
    await buildAddon(target, {
      folder: objects,
      output: built,
      jobs,
      log: output,
      onProgress,
    });
  } catch (error) {
    throw new Error(`the compiler failed (${error.message}), see ${log}`);
  } finally {
    output.end();
  }
  const failed = tryInOwnProcess(built);
  if (failed === undefined) return;
  rmSync(built, { force: true });
  throw new Error(failed);
}

async function install(progress) {
  if (process.env.SOTTO_NATIVE === '0')
    return progress.end('not built because of SOTTO_NATIVE=0; the stock binding is used.');
  const packaged = findPackaged();
  if (packaged !== undefined && !process.argv.includes('--compile')) {
    const problem = tryInOwnProcess(packaged);
    if (problem === undefined) return progress.end('from the package of this platform.');
  }
  if (!isSupported(target)) throw new Error(`there is none for ${platform()} on ${arch()}`);
  checkSources();
  const key = computeBuildKey();
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sotto', 'native', key);
  if (readInfo().key === key && findMismatch(built) === undefined) return progress.end('up to date.');
  if (restoreFromCache(cache, key)) return progress.end('built on this machine before; taken from the cache.');
  const missing = findMissingTool();
  if (missing !== undefined)
    throw new Error(`${missing} is not there (Debian: apt install g++; macOS: xcode-select --install)`);
  const started = Date.now();
  progress.begin('compiling, about half a minute');
  await compile(progress);
  writeInfo(key);
  copyToCache(cache);
  progress.end(`ready after ${Math.round((Date.now() - started) / 1000)} s.`);
}

function writeInfo(key) {
  writeFileSync(info, JSON.stringify({ key, sources: hashSources() }));
}

function restoreFromCache(cache, key) {
  try {
    if (!existsSync(join(cache, BINARY))) return false;
    mkdirSync(release, { recursive: true });
    rmSync(built, { force: true });
    copyFileSync(join(cache, BINARY), built);
    // A copy that does not load (another libc, an incomplete file) is worse than none.
    if (tryInOwnProcess(built) !== undefined) throw new Error('it fails now');
    writeInfo(key);
    return true;
  } catch {
    rmSync(built, { force: true });
    return false;
  }
}

function copyToCache(cache) {
  try {
    mkdirSync(cache, { recursive: true });
    copyFileSync(built, join(cache, BINARY));
    if (statSync(join(cache, BINARY)).size !== statSync(built).size) rmSync(cache, { recursive: true });
  } catch {
    // The cache only saves time; a home folder that cannot be written is no error.
  }
}

async function main() {
  const [command, path] = process.argv.slice(2);
  if (command === '--try') return await tryDecode(path ?? built);
  if (command === '--check') {
    const own = existsSync(built) ? built : undefined;
    process.stdout.write(findMismatch(own ?? findPackaged()) ?? '');
    return;
  }
  const progress = new BuildProgress();
  try {
    await install(progress);
  } catch (error) {
    progress.end(
      `not built: ${error.message}. The stock binding is used, many times slower on x64; see npx sotto doctor.`,
    );
  }
}

await main();
