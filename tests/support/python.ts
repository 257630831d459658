import { spawn, spawnSync } from 'node:child_process';

/** How a program ended: its status, or null when it was ended, and what it printed to both outputs. */
export interface ProgramEnd {
  readonly status: number | null;
  readonly output: string;
}

/** The first Python that can import all of these packages: `SOTTO_PYTHON`, that of the system, or that of the path. */
export function findPython(packages: readonly string[]): string | undefined {
  const candidates = [process.env['SOTTO_PYTHON'], '/usr/bin/python3', 'python3'];
  const test = `import sys; assert sys.version_info >= (3, 10); import ${packages.join(', ')}`;
  return candidates.find((each) => each !== undefined && spawnSync(each, ['-c', test]).status === 0);
}

/** Runs a Python program, with `env` beside the environment of this process. */
export function runPython(
  python: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, args, {
      cwd,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
