// Runs what takes too long for every change: `npm run test:slow`, or `npm run test:slow -- fuzz noise` for the steps whose names
// hold one of the texts. About an hour on two cores. Random cases get a new seed every day, which each step prints; `SOTTO_SEED=N`
// repeats one. Ends with "N passed, N failed"; its status is 1 when a step failed.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourcesBelow } from './compile.ts';

interface Step {
  readonly name: string;
  /** What it would find. */
  readonly finds: string;
  /** A script of tests/ with its arguments. */
  readonly command: readonly string[];
}

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const DAY_MS = 86_400_000;
const seed = process.env['SOTTO_SEED'] ?? String(Math.floor(Date.now() / DAY_MS));

const bench = (...args: readonly string[]): readonly string[] => ['tests/bench/main.ts', ...args];

/** Test files whose cases come from the seed. */
function randomTests(): string[] {
  return sourcesBelow(ROOT, 'tests').filter(
    (path) =>
      path.endsWith('.test.ts') && /support\/(fast-check|seed)\.ts'/.test(readFileSync(join(ROOT, path), 'utf8')),
  );
}

const STEPS: readonly Step[] = [
  {
    name: 'random tests',
    finds: 'a rule that one of the random cases of this seed breaks; `npm test` tries those of seed 1 alone',
    command: ['tests/run/main.ts', ...randomTests()],
  },
  {
    name: 'package',
    finds: 'a package that lacks something, or that needs a compiler; wants a registry of npm',
    command: ['tests/package/main.ts', '--out', join(tmpdir(), 'sotto-packages'), '--try', 'yes'],
  },
  {
    name: 'fuzz',
    finds:
      'a frame, request or line, of three million, after which the server ends, logs a bug, keeps memory or disturbs others',
    command: bench('fuzz', '--frames', '1000000', '--seed', seed),
  },
  {
    name: 'faults',
    finds: 'a word lost or doubled, or a session lost, when connections, processes or the server fail',
    command: bench('faults', '--times', '50', '--seconds', '120', '--seed', seed),
  },
  {
    name: 'soak',
    finds: 'a word lost or doubled over ten minutes of streams that come, break off, come back and leave',
    command: bench('faults', '--soak', '10', '--seed', seed),
  },
  {
    name: 'overlay',
    finds: 'a complete line of captions that changed, over recorded live text',
    command: bench('overlay'),
  },
  {
    name: 'speech',
    finds:
      'a final that was sent again with other words, or stable text that changed, with both embedded models in real time',
    command: bench('live'),
  },
  {
    name: 'noise',
    finds: 'a word that was made up on silence, noise, music or animals, with both embedded models',
    command: bench('noise', '--minutes', '2'),
  },
];

function run({ command }: Step): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import=tsx', ...command], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, SOTTO_SEED: seed },
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((text) => !STEPS.some(({ name }) => name.includes(text)));
if (unknown.length > 0) {
  console.error(`No step is called ${unknown.join(', ')}. Steps: ${STEPS.map(({ name }) => name).join(', ')}`);
  process.exit(64);
}
const steps = STEPS.filter(({ name }) => wanted.length === 0 || wanted.some((text) => name.includes(text)));
const outcomes: string[] = [];
let failed = 0;
for (const step of steps) {
  console.log(`\n# ${step.name}, seed ${seed}: finds ${step.finds}`);
  const startMs = performance.now();
  const status = await run(step);
  if (status !== 0) failed++;
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(0);
  outcomes.push(`${status === 0 ? 'ok' : 'not ok'} - ${step.name} (${seconds} s)`);
  console.log(outcomes.at(-1));
}
console.log(`\n${outcomes.join('\n')}\n${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
