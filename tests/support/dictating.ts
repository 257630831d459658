import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askInstance, resolveControlPath } from '../../client/cli/dictate/control.ts';
import type { InstanceAnswer, InstanceRequest } from '../../client/cli/dictate/core/verbs.ts';
import { readHistory } from '../../client/cli/dictate/history-file.ts';
import { programArgs } from './program.ts';

/** `sotto dictate` in a process of its own, with folders of its own. */
export class Dictating implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'sotto-dictate-'));
  readonly environment: NodeJS.ProcessEnv;
  out = '';
  err = '';
  #child: ChildProcess | undefined;

  constructor(environment: NodeJS.ProcessEnv = {}) {
    this.environment = {
      ...process.env,
      ...{ NODE_OPTIONS: '', WAYLAND_DISPLAY: '', XDG_SESSION_TYPE: '', DISPLAY: '' },
      XDG_RUNTIME_DIR: this.folder,
      XDG_DATA_HOME: join(this.folder, 'data'),
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      ...environment,
    };
  }

  get historyPath(): string {
    return join(this.folder, 'data', 'sotto', 'dictation.jsonl');
  }

  get history(): ReturnType<typeof readHistory> {
    return readHistory(this.historyPath);
  }

  /** Starts the instance; resolves when it is ready, or has ended: then with its status. */
  start(...args: readonly string[]): Promise<number | undefined> {
    const child = this.#spawn(args);
    this.#child = child;
    this.err = '';
    return new Promise((resolve) => {
      child.stdout!.on('data', (chunk) => {
        this.out += chunk;
      });
      child.stderr!.on('data', (chunk) => {
        this.err += chunk;
        if (this.err.includes('Ready:')) resolve(undefined);
      });
      child.once('close', (code) => resolve(code ?? -1));
    });
  }

  /** The same question over the socket as the command line puts it, without starting another Node. */
  ask(request: InstanceRequest): Promise<InstanceAnswer> {
    return askInstance(resolveControlPath(join(this.folder, 'sotto')), request);
  }

  /** A verb as a shortcut gives it. */
  verb(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const child = this.#spawn(args);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream!.on('data', (chunk) => {
        output += chunk;
      });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
  }

  /** Ends it when what was said is inserted. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Ends the instance as nothing can catch. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [...programArgs('client/cli/main.ts'), 'dictate', ...args], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('close', () => resolve());
      child.kill(signal);
    });
  }
}
