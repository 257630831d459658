import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../protocol/index.ts';
import type { Assistant, AssistantRequest } from '../ports/assistant.ts';
import type { Log } from '../ports/log.ts';
import type { FromAssistant, ToAssistant } from './wire.ts';

export interface LlamaAssistantOptions {
  readonly modelPath: string;
  readonly modelName: string;
  readonly threads: number;
  readonly log: Log;
  readonly childPath?: string | undefined;
  /** Longest wait for one answer, ms. */
  readonly timeoutMs?: number | undefined;
  /** How long the process outlives its last answer, ms. */
  readonly idleMs?: number | undefined;
}

const CONTEXT_TOKENS = 8_192;
/** Three characters a token, and room for the answer. */
const PROMPT_CHARS_MAX = 18_000;
/** Reading so much takes minutes on a small machine. */
const TIMEOUT_MS = 10 * 60_000;
/** Such models take gigabytes; nobody who only transcribes should pay for them. */
const IDLE_MS = 5 * 60_000;
/** Questions that wait for the model; more are refused. */
const WAITING_MAX = 64;
const STOP_TIMEOUT_MS = 1_000;

interface Waiting {
  resolve(text: string): void;
  reject(fault: Error): void;
}

function ownChild(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./child/main.${extension}`, import.meta.url));
}

/** A GGUF instruct model through llama.cpp in a process of its own: started with the first question, ended when idle. */
export class LlamaAssistant implements Assistant {
  readonly name: string;
  readonly promptCharsMax = PROMPT_CHARS_MAX;
  readonly #options: LlamaAssistantOptions;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #ids = 0;
  #closing: Promise<void> | undefined;

  constructor(options: LlamaAssistantOptions) {
    this.#options = options;
    this.name = options.modelName;
  }

  /** Undefined while nobody asks. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  ask(request: AssistantRequest, signal: AbortSignal): Promise<string> {
    if (this.#closing !== undefined) return Promise.reject(failed('it is closed'));
    if (signal.aborted) return Promise.reject(failed('it was given up'));
    if (this.#waiting.size >= WAITING_MAX) return Promise.reject(failed('too many questions wait'));
    clearTimeout(this.#idle);
    this.#child ??= this.#start();
    const id = ++this.#ids;
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => giveUp('it did not answer in time'), timeoutMs);
      const giveUp = (problem: string): void => {
        this.#send({ kind: 'cancel', id });
        this.#settle(id)?.reject(failed(problem));
      };
      const abort = (): void => giveUp('it was given up');
      const done = (): void => {
        clearTimeout(late);
        signal.removeEventListener('abort', abort);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.set(id, {
        resolve: (text) => {
          done();
          resolve(text);
        },
        reject: (fault) => {
          done();
          reject(fault);
        },
      });
      this.#send({ kind: 'ask', id, request });
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      clearTimeout(this.#idle);
      this.#failAll('it is closed');
      const child = this.#child;
      if (child === undefined) return resolve();
      child.once('exit', () => resolve());
      this.#stop(child);
    });
    return this.#closing;
  }

  #start(): ChildProcess {
    const { modelPath, threads, log, childPath } = this.#options;
    const child = fork(childPath ?? ownChild(), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', (message: FromAssistant) => {
      const waiting = this.#settle(message.id);
      if (message.kind === 'answered') waiting?.resolve(message.text);
      else waiting?.reject(failed(message.problem));
    });
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (this.#waiting.size > 0) log.warn({ exit: signal ?? `exit ${code}` }, 'the assistant stopped');
      this.#failAll('its process stopped');
    });
    child.send({ kind: 'setup', modelPath, threads, contextTokens: CONTEXT_TOKENS } satisfies ToAssistant);
    return child;
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0 && this.#closing === undefined) {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.#rest(), this.#options.idleMs ?? IDLE_MS).unref();
    }
    return waiting;
  }

  /** Gives the memory back until somebody asks again. */
  #rest(): void {
    const child = this.#child;
    if (child === undefined || this.#waiting.size > 0) return;
    this.#child = undefined;
    this.#stop(child);
  }

  #stop(child: ChildProcess): void {
    if (child.connected) child.disconnect();
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS).unref();
    child.once('exit', () => clearTimeout(kill));
  }

  #failAll(problem: string): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(failed(problem));
  }

  #send(message: ToAssistant): void {
    if (this.#child?.connected) this.#child.send(message, () => {});
  }
}

const failed = (problem: string): Fault => new Fault('assistant.failed', { problem });
