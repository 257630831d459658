import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, sep } from 'node:path';
import { units } from '../support/comparable-words.ts';
import { ROOT } from './manifest.ts';

/** A recording and words that any model finds in it. */
const RECORDING = join(ROOT, 'tests', 'fixtures', 'speech', 'jfk.wav');
const WORDS = ['ask', 'not', 'what', 'your', 'country', 'can', 'do', 'for', 'you'];
const TIMEOUT_MS = 5 * 60_000;
/** Some of what runs offline, and of what the engine is compiled from where there is no package for a platform. */
const NEEDED = [
  'models/embedded/ggml-base-q8_0.bin',
  'models/embedded/ggml-tiny.en-q8_0.bin',
  'models/embedded/sotto-clean.gguf',
  'models/embedded/silero_vad_v6.onnx',
  'dist/client/web/index.html',
  'server/engine/native/build.mjs',
  'server/engine/native/sources.json',
  'server/engine/native/src/addon/addon.cpp',
];

export interface Tried {
  readonly problems: readonly string[];
  readonly installSeconds: number;
  /** From the begin of the install to the transcript. */
  readonly seconds: number;
}

/**
 * Installs the tarballs into a fresh folder, with a search path that holds Node, npm and a shell but no compiler, and
 * transcribes a recording with the native engine.
 */
export function tryPackages(tarballs: readonly string[]): Tried {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-installed-'));
  try {
    const run = createRunner(folder);
    const problems: string[] = [];
    const check = (isGood: boolean, problem: string): void => {
      if (!isGood) problems.push(problem);
    };
    writeFileSync(join(folder, 'package.json'), '{}');
    const started = performance.now();
    const install = run('npm', ['install', '--no-audit', '--no-fund', '--foreground-scripts', ...tarballs]);
    const installSeconds = (performance.now() - started) / 1_000;
    check(install.status === 0, `npm install ended with ${install.status}: ${install.output}`);
    const sotto = join('node_modules', '.bin', 'sotto');
    const transcript = run(sotto, ['transcribe', '--cleanup', 'off', '--config', 'sotto.json', RECORDING]);
    const seconds = (performance.now() - started) / 1_000;
    const words = units(transcript.output, 'en', true);
    check(
      WORDS.every((word) => words.includes(word)),
      `the transcript is: ${transcript.output}`,
    );
    const doctor = run(sotto, ['doctor']).output;
    check(/compiler\s+no C\+\+ compiler/.test(doctor), `there is a compiler: ${doctor}`);
    check(/engine\s+native, from the package/.test(doctor), `the native engine is not used: ${doctor}`);
    for (const problem of compareFiles(join(folder, 'node_modules', 'sotto'))) problems.push(problem);
    return { problems, installSeconds, seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the installed server lacks, and what it has from a build or a test. */
function compareFiles(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll(sep, '/'));
  const own = new Set(files.filter((path) => !path.startsWith('node_modules/')));
  const surplus = [...own].filter((path) => /^(server\/engine\/native\/build|dist\/tests|tests)\/|\.map$/.test(path));
  return [
    ...NEEDED.filter((path) => !own.has(path)).map((path) => `the package lacks ${path}`),
    ...surplus.map((path) => `the package holds ${path}`),
  ];
}

function createRunner(folder: string) {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['node', 'npm', 'sh', 'env']) symlinkSync(findProgram(name), join(bin, name));
  // The engine must be native: `auto` would take the stock binding in its place.
  writeFileSync(join(folder, 'sotto.json'), JSON.stringify({ engine: 'native' }));
  const { HOME: _, XDG_CACHE_HOME: __, ...others } = process.env;
  const inherited = Object.entries(others).filter(([name]) => !/^npm_|^SOTTO_|^CXX$|^CC$/i.test(name));
  const cache = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim();
  const env = { ...Object.fromEntries(inherited), HOME: folder, PATH: bin, npm_config_cache: cache };
  return (command: string, args: readonly string[]) => {
    const path = command === 'npm' ? join(bin, 'npm') : join(folder, command);
    const { status, stdout, stderr } = spawnSync(path, args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    return { status, output: `${stdout ?? ''}${stderr ?? ''}` };
  };
}

function findProgram(name: string): string {
  if (name === 'node') return process.execPath;
  const found = (process.env['PATH'] ?? '').split(delimiter).map((each) => join(each, name));
  return found.find((path) => existsSync(path)) ?? name;
}
