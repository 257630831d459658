import { type ChildProcess, fork } from 'node:child_process';
import type { ScriptWord } from '../../server/engine/script.ts';
import { program } from './program.ts';

export type FuzzTransport = 'ws' | 'uws' | 'tcp';

export interface FuzzServerSetup {
  readonly transport: FuzzTransport;
  readonly words: readonly ScriptWord[];
  /** How often a callback of a handler or a part throws, 0-1; 0 is never. */
  readonly chance: number;
  readonly seed: number;
  /** How fast its clock runs. */
  readonly speed: number;
}

export interface FuzzServerState {
  readonly memoryMb: number;
  readonly descriptors: number;
  readonly sessions: number;
  readonly timers: number;
  /** Reports of bugs that were put in. */
  readonly injected: number;
}

export type FuzzServerReply =
  | { readonly kind: 'listening'; readonly url: string; readonly port: number }
  | { readonly kind: 'bug'; readonly text: string }
  | ({ readonly kind: 'state' } & FuzzServerState);

const MAIN = program('tests/support/fuzz-server-main.ts');
/** What is kept of what the process says on its way out. */
const LAST_WORDS_MAX = 4_000;
/** A server that does not say how it is within this time hangs, ms. */
const ANSWER_TIMEOUT_MS = 60_000;

/** A scripted server in a process of its own. */
export class FuzzServer {
  /** Of those who keep the rules. */
  readonly url: string;
  /** Of those who do not. */
  readonly port: number;
  /** Bugs it logged that nobody put in, since the last `takeBugs`. */
  #bugs: string[] = [];
  readonly #child: ChildProcess;
  /** Why it ended by itself; undefined while it lives. */
  #death: string | undefined;
  #answer: ((state: FuzzServerState | undefined) => void) | undefined;

  private constructor(child: ChildProcess, listening: { readonly url: string; readonly port: number }) {
    this.#child = child;
    this.url = listening.url;
    this.port = listening.port;
    child.on('message', (reply: FuzzServerReply) => {
      if (reply.kind === 'bug') this.#bugs.push(reply.text);
      else if (reply.kind === 'state') this.#answer?.(reply);
    });
  }

  static async start(setup: FuzzServerSetup): Promise<FuzzServer> {
    const child = fork(MAIN.path, [JSON.stringify(setup)], {
      execArgv: [...MAIN.flags, '--expose-gc'],
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let lastWords = '';
    child.stderr!.on('data', (bytes) => {
      lastWords = (lastWords + bytes).slice(-LAST_WORDS_MAX);
    });
    let server: FuzzServer | undefined;
    const listening = await new Promise<{ url: string; port: number }>((resolve, reject) => {
      child.once('message', (reply: FuzzServerReply) => {
        if (reply.kind === 'listening') resolve(reply);
        else reject(new Error(`the server said ${reply.kind} before it listened`));
      });
      child.once('close', (status, signal) => {
        const death = `the process ended (${signal ?? status}): ${lastWords.trim()}`;
        reject(new Error(death));
        if (server === undefined) return;
        server.#death = death;
        server.#answer?.(undefined);
      });
    });
    server = new FuzzServer(child, listening);
    return server;
  }

  get death(): string | undefined {
    return this.#death;
  }

  takeBugs(): string[] {
    const bugs = this.#bugs;
    this.#bugs = [];
    return bugs;
  }

  /** How it is now; `settle` first lets six hours pass on its clock. Undefined when it has ended. */
  ask(what: 'state' | 'settle'): Promise<FuzzServerState | undefined> {
    if (this.#death !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the server does not answer')), ANSWER_TIMEOUT_MS);
      this.#answer = (state) => {
        clearTimeout(timer);
        this.#answer = undefined;
        resolve(state);
      };
      // One that has just ended cannot be asked; its end is told by `close`.
      this.#child.send(what, () => {});
    });
  }

  async close(): Promise<void> {
    if (this.#death !== undefined) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await closed;
  }
}
