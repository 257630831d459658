import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listUnits, type Target, type Unit } from '../../server/engine/native/compile.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const MAIN = join(ROOT, 'tests', 'native', 'main.cpp');
const LINK_FLAGS = ['-static', '-pthread', '-Wl,--gc-sections'];

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves when the program has ended; rejects when it cannot be started. */
export function runProgram(command: string, args: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** `main.cpp` is compiled as the engine's own files of the base line are. */
function describeMain(units: readonly Unit[], folder: string): Unit {
  const like = units.find(({ source }) => source === 'src/decode/model.cpp')!;
  const object = join(folder, 'main.o');
  const args = like.args.map((arg) =>
    arg === like.object ? object : arg.endsWith(join('src', 'decode', 'model.cpp')) ? MAIN : arg,
  );
  return { ...like, source: MAIN, object, args };
}

/**
 * Compiles tests/native/main.cpp and the engine without its addon for `target`, with the flags of the build, into one
 * static program. Resolves with the program's path and what the compiler said; rejects when something does not compile.
 */
export async function compileEngineProgram(target: Target, folder: string) {
  const engine = listUnits(target, folder).filter(({ source }) => !source.startsWith('src/addon/'));
  const units = [...engine, describeMain(engine, folder)];
  for (const { object } of units) mkdirSync(dirname(object), { recursive: true });
  const waiting = [...units].sort((a, b) => b.seconds - a.seconds);
  let warnings = '';
  const work = async (): Promise<void> => {
    for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
      const { status, stderr } = await runProgram(unit.command, unit.args);
      if (status !== 0) throw new Error(`${unit.source} does not compile: ${stderr}`);
      warnings += stderr;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const program = join(folder, 'engine');
  const objects = units.map(({ object }) => object);
  const { status, stderr } = await runProgram(target.cxx, [...objects, ...LINK_FLAGS, '-o', program]);
  if (status !== 0) throw new Error(`the program does not link: ${stderr}`);
  return { program, warnings };
}
