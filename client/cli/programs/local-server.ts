import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ServerStatus } from '../../../protocol/server-status.ts';
import { printNote } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export type Program =
  | 'server/main'
  | 'server/admin/keys'
  | 'server/admin/viewers'
  | 'server/admin/measurements'
  | 'models/cli';

/** Path of a program, in the sources as well as in `dist`. */
export function resolveProgramPath(name: Program): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../../../${name}.${extension}`, import.meta.url));
}

const START_TIMEOUT_MS = 180_000;

export interface LocalServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts a server on a free port for one command; it ends with this process. A `sotto.config.json` in the current folder is not
 * read: whoever put it there could have the words sent to a server of their own. `--config FILE` in `args` names one
 * explicitly. Rejects with a `UserError` that holds the server's reason, or what it wrote when it crashed.
 */
export function startLocalServer(args: readonly string[]): Promise<LocalServer> {
  // Overrides settings for public servers in the file and the environment: this server is for one command alone.
  const own = [
    '--port',
    '0',
    '--no-journal',
    '--keep',
    'off',
    '--no-measure',
    '--host',
    '127.0.0.1',
    '--access',
    'open',
    '--config=',
  ];
  const plain = ['--tls-cert=', '--tls-key=', '--no-tls-self-signed'];
  const child = fork(resolveProgramPath('server/main'), [...own, ...plain, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    let problem: string | undefined;
    child.stderr?.on('data', (chunk: Buffer) => {
      output = (output + String(chunk)).slice(-2_000);
    });
    const timer = setTimeout(() => child.kill(), START_TIMEOUT_MS);
    child.on('message', (status: ServerStatus) => {
      switch (status.kind) {
        case 'progress':
          // Downloading a model has no time limit.
          timer.refresh();
          return printNote(status.text);
        case 'listening':
          clearTimeout(timer);
          return resolve({ url: status.url, [Symbol.asyncDispose]: () => stopProcess(child) });
        case 'failed':
          problem = status.problem;
          return;
      }
    });
    // Unlike `exit`, this comes after the last message and all output.
    child.once('close', (code) => {
      clearTimeout(timer);
      problem ??= output.trim().replace(/^sotto: /gm, '');
      reject(new UserError(problem || `The server stopped (${code}).`));
    });
  });
}

function stopProcess(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    if (child.connected) child.disconnect();
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  });
}
