import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What `npm run build` made, as people have it; `npm test` builds first. It starts in half the time the sources take. */
const CLI = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `sotto` to its end. `input` is its whole standard input; `environment` is added to that of the tests. */
export function runCli(
  args: readonly string[],
  input?: Buffer,
  environment: NodeJS.ProcessEnv = {},
): Promise<CliResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
