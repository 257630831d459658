import { fork } from 'node:child_process';
import { constants } from 'node:os';
import { printMessage } from '../output/terminal.ts';
import { type Program, resolveProgramPath } from './local-server.ts';
import { isStartedByNpm } from './program-environment.ts';

/** Signals that somebody sends to have a program ended: nobody has to be told that it has. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What a shell adds to the number of the signal that ended a program, for its exit status. */
const ENDED_BY_SIGNAL = 128;
/** How often a run that npm started looks whether it still has its parent, ms. */
const PARENT_POLL_MS = 500;

/** Runs another of Sotto's programs on this terminal. Resolves with its exit status. */
export function runProgram(program: Program, args: readonly string[]): Promise<number> {
  const name = program === 'server/main' ? 'the server' : 'the command';
  const child = fork(resolveProgramPath(program), [...args], { stdio: 'inherit' });
  // They may be for this process alone. Ctrl-C in a terminal reaches the whole process group, so the program gets it twice; the
  // server treats a second signal that comes at once like the first.
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
  if (isStartedByNpm()) watchParent(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      printMessage(`${name} cannot be started (${error.code ?? error.name})`);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      if (signal === null) return resolve(code ?? 1);
      if (!(PASSED_ON as readonly string[]).includes(signal)) printMessage(`${name} was ended by ${signal}`);
      resolve(ENDED_BY_SIGNAL + constants.signals[signal]);
    });
  });
}

/**
 * Calls `onGone` when the parent is gone. npm passes a signal on to the shell in which it runs a script; that ends of it, and the
 * program behind it would go on without anyone to end it. Without npm, a parent may end as it likes: so a server stays in the background.
 */
function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    onGone();
  }, PARENT_POLL_MS);
  poll.unref();
}
