// Runs the tests: `npm test`, or `npm test -- tests/unit/vad stream` for the files whose paths hold one of the texts.
// `--each` names every test of each file; `--coverage` measures which lines the tests reach; `--jobs=N` runs so many files side
// by side. `SOTTO_SEED=N` tries other random cases. Ends with "N passed, N failed"; its
// status is 1 when something failed or was not run, and 64 when it cannot read its arguments.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SEED } from '../support/seed.ts';
import { type RunArguments, readArguments } from './arguments.ts';
import { compileTests, sourcesBelow } from './compile.ts';
import { Coverage, describeCoverage } from './coverage.ts';
import { inOrder } from './order.ts';
import { type FileResult, notRun, readResult } from './result.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** A file may take so long; then tap names the test that did not end. */
const FILE_TIMEOUT_S = 300;
/** After this, its processes are killed whatever they say. */
const KILL_AFTER_S = FILE_TIMEOUT_S + 20;

const { wanted, each, coverage: measures, jobs } = argumentsOrExit();
const running = new Set<ChildProcess>();

function argumentsOrExit(): RunArguments {
  try {
    // One more than there are processors: many tests wait for a while.
    return readArguments(process.argv.slice(2), availableParallelism() + 1);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(64);
  }
}

/** With all that it has started: each file has a group of processes of its own. */
function kill(child: ChildProcess): void {
  try {
    process.kill(process.platform === 'win32' ? child.pid! : -child.pid!, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

interface FileRun extends FileResult {
  readonly output: string;
  readonly seconds: number;
}

/** Never rejects: what could not be started has failed. */
function runFile(folder: string, path: string, environment: NodeJS.ProcessEnv): Promise<FileRun> {
  const started = performance.now();
  const program = join(folder, path.replace(/\.ts$/, '.js'));
  return new Promise<FileRun>((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', program], {
      cwd: ROOT,
      detached: process.platform !== 'win32',
      env: { ...process.env, ...environment, TAP_TIMEOUT: String(FILE_TIMEOUT_S) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const timer = setTimeout(() => kill(child), KILL_AFTER_S * 1_000);
    const chunks: Buffer[] = [];
    const end = (resultOf: (output: string) => FileResult): void => {
      clearTimeout(timer);
      running.delete(child);
      const output = Buffer.concat(chunks).toString();
      resolve({ ...resultOf(output), output, seconds: (performance.now() - started) / 1_000 });
    };
    child.on('error', (error) => end(() => unstarted(error)));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (status, signal) => end((output) => readResult(output, { status, signal })));
  }).catch((error: unknown) => ({ ...unstarted(error), output: '', seconds: 0 }));
}

const unstarted = (error: unknown): FileResult =>
  notRun(`it could not be started: ${error instanceof Error ? error.message : String(error)}`);

function report(path: string, { passed, failed, lines, problem, output, seconds }: FileRun): void {
  const ok = failed === 0;
  const counts = ok ? `${passed} passed` : `${passed} passed, ${failed} failed`;
  console.log(`${ok ? 'ok' : 'not ok'} - ${path} (${counts}, ${seconds.toFixed(1)} s)`);
  if (problem !== undefined) console.log(`    not ok - ${problem}`);
  const named = lines.filter((line) => each || /# *SKIP/i.test(line));
  for (const line of named) console.log(`    ${line}`);
  if (!ok) console.log(output.replace(/^/gm, '  | '));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    for (const child of running) kill(child);
    process.exit(1);
  });
}

const all = sourcesBelow(ROOT, 'tests').filter((path) => path.endsWith('.test.ts'));
const waiting = inOrder(all.filter((path) => wanted.length === 0 || wanted.some((text) => path.includes(text))));
const unknown = wanted.filter((text) => !all.some((path) => path.includes(text)));
for (const text of unknown) console.log(`not ok - no test file has ${text} in its path`);
let passed = 0;
// A run of no file has failed, too.
let failed = unknown.length + (all.length === 0 ? 1 : 0);
const compiled = waiting.length > 0 ? await compileTests(ROOT) : '';
if (compiled !== '') process.once('exit', () => rmSync(compiled, { recursive: true, force: true }));
const coverage = measures && compiled !== '' ? new Coverage(compiled) : undefined;
console.log(`random cases by seed ${SEED}`);

async function work(): Promise<void> {
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const covered = coverage?.nextFolder();
    const result = await runFile(compiled, path, covered === undefined ? {} : { NODE_V8_COVERAGE: covered });
    if (covered !== undefined) await coverage?.take(covered);
    report(path, result);
    passed += result.passed;
    failed += result.failed;
  }
}
await Promise.all(Array.from({ length: jobs }, work));
failed += waiting.length;
if (coverage !== undefined) console.log(`\n${describeCoverage(await coverage.read(ROOT))}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
