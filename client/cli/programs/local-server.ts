import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { printNote } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export type Program = 'server/main' | 'server/admin/keys' | 'server/admin/viewers' | 'models/cli';

/** Beside this file in the sources as well as in `dist`. */
export function resolveProgramPath(name: Program): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../../../${name}.${extension}`, import.meta.url));
}

const START_TIMEOUT_MS = 180_000;

export interface LocalServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts a server on a free port for one run; it ends with this process. A `sotto.config.json` of the current folder is
 * not read: whoever put it there could have the words sent to a server of theirs. `--config FILE` in `args` names
 * one.
 */
export function startLocalServer(args: readonly string[]): Promise<LocalServer> {
  // Whatever the file and the environment say of servers for others: this one is for this run alone.
  const own = ['--port', '0', '--no-journal', '--keep', 'off', '--host', '127.0.0.1', '--access', 'open', '--config='];
  const plain = ['--tls-cert=', '--tls-key=', '--no-tls-self-signed'];
  const child = fork(resolveProgramPath('server/main'), [...own, ...plain, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + String(chunk)).slice(-2_000);
      // A model that is being fetched takes as long as it takes, and people see it come.
      if (!/ MB\n$/.test(said)) return;
      printNote(String(chunk).trimEnd());
      timer.refresh();
    });
    const timer = setTimeout(() => child.kill(), START_TIMEOUT_MS);
    child.once('message', (message: { kind: string; url: string }) => {
      clearTimeout(timer);
      resolve({ url: message.url, [Symbol.asyncDispose]: () => stop(child) });
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new UserError(said.trim().replace(/^sotto: /gm, '') || `The server stopped (${code}).`));
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    if (child.connected) child.disconnect();
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
  });
}
