import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../protocol/index.ts';
import type { Cleaner, CleanRequest, Rewrite } from '../ports/cleaner.ts';
import type { Log } from '../ports/log.ts';
import type { FromCleaner, PromptStyle, ToCleaner } from './wire.ts';

export interface LlamaOptions {
  readonly modelPath: string;
  readonly modelName: string;
  readonly style: PromptStyle;
  readonly threads: number;
  /** A process that grows beyond this is replaced. */
  readonly memoryMbMax?: number | undefined;
  readonly log: Log;
  readonly childPath?: string | undefined;
}

/** Sentences waiting for the model; more are refused and cleaned by the rules. */
const WAITING_MAX = 64;
const BACK_OFF_MS = [100, 1_000, 5_000, 30_000] as const;
const STOP_TIMEOUT_MS = 1_000;
const START_TIMEOUT_MS = 120_000;
const PING_EVERY_MS = 250;
/** Unanswered pings before the process counts as hung: it writes on other threads, so its loop is always free. */
const PINGS_MISSED_MAX = 5;
/** A rewrite that was given up and has not ended after this time never will. */
const CANCEL_TIMEOUT_MS = 3_000;

interface Waiting {
  resolve(rewrite: Rewrite): void;
  reject(fault: Error): void;
}

function ownChild(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./child/main.${extension}`, import.meta.url));
}

/** A GGUF model through llama.cpp in a process of its own, which is started again when it dies. */
export class LlamaCleaner implements Cleaner {
  readonly name: string;
  readonly #options: LlamaOptions;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #ready: Promise<void>;
  readonly #cancelled = new Map<number, NodeJS.Timeout>();
  #watch: NodeJS.Timeout | undefined;
  #missed = 0;
  #ids = 0;
  #deaths = 0;
  #closing: Promise<void> | undefined;
  #refused: Fault | undefined;

  constructor(options: LlamaOptions) {
    this.#options = options;
    this.name = options.modelName;
    this.#ready = this.#start();
    this.#ready.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The embedded model was trained on English only. */
  knows(language: string): boolean {
    return this.#options.style === 'chat' || language === 'en';
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  rewrite(request: CleanRequest, signal: AbortSignal): Promise<Rewrite> {
    if (this.#refused !== undefined) return Promise.reject(this.#refused);
    if (this.#child === undefined)
      return Promise.reject(new Fault('clean.failed', { problem: 'its process is being replaced' }));
    if (this.#waiting.size >= WAITING_MAX)
      return Promise.reject(new Fault('clean.failed', { problem: 'too many sentences wait' }));
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#send({ kind: 'cancel', id });
        this.#expectEnd(id);
        this.#settle(id)?.reject(new Fault('clean.failed', { problem: 'it was given up' }));
      };
      const done = (): void => signal.removeEventListener('abort', cancel);
      this.#waiting.set(id, {
        resolve: (rewrite) => {
          done();
          resolve(rewrite);
        },
        reject: (fault) => {
          done();
          reject(fault);
        },
      });
      signal.addEventListener('abort', cancel, { once: true });
      this.#send({ kind: 'rewrite', id, request });
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#failAll('the cleaner is closed');
      const child = this.#child;
      if (child === undefined) return resolve();
      child.once('exit', () => resolve());
      if (child.connected) child.disconnect();
      setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS).unref();
    });
    return this.#closing;
  }

  #start(): Promise<void> {
    const { modelPath, modelName, style, threads } = this.#options;
    const child = fork(this.#options.childPath ?? ownChild(), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.#child = child;
    this.#send({ kind: 'setup', modelPath, style, threads });
    const starting = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS).unref();
    return new Promise((resolve, reject) => {
      child.on('message', (message: FromCleaner) => {
        switch (message.kind) {
          case 'ready':
            clearTimeout(starting);
            this.#deaths = 0;
            this.#watchOver(child);
            return resolve();
          case 'alive':
            this.#missed = 0;
            if (message.memoryMb > (this.#options.memoryMbMax ?? Number.POSITIVE_INFINITY))
              this.#replace(child, 'the cleaner outgrew its memory limit');
            return;
          case 'refused':
            this.#refused = new Fault('model.corrupt', { model: modelName, problem: message.problem });
            this.#failAll(message.problem);
            child.kill();
            return reject(this.#refused);
          case 'rewritten':
            this.#ended(message.id);
            return this.#settle(message.id)?.resolve({ text: message.text, model: modelName });
          case 'failed':
            this.#ended(message.id);
            return this.#settle(message.id)?.reject(new Fault('clean.failed', { problem: message.problem }));
        }
      });
      child.once('exit', (code, signal) => {
        clearTimeout(starting);
        this.#died(signal ?? `exit ${code}`);
        reject(new Fault('clean.failed', { problem: 'its process stopped' }));
      });
    });
  }

  #watchOver(child: ChildProcess): void {
    this.#missed = 0;
    this.#watch = setInterval(() => {
      if (++this.#missed > PINGS_MISSED_MAX) this.#replace(child, 'the cleaner does not answer');
      else this.#send({ kind: 'ping' });
    }, PING_EVERY_MS).unref();
  }

  #expectEnd(id: number): void {
    const child = this.#child;
    if (child === undefined) return;
    const late = (): void => this.#replace(child, 'the cleaner does not end a rewrite');
    this.#cancelled.set(id, setTimeout(late, CANCEL_TIMEOUT_MS).unref());
  }

  #ended(id: number): void {
    clearTimeout(this.#cancelled.get(id));
    this.#cancelled.delete(id);
  }

  #replace(child: ChildProcess, problem: string): void {
    this.#options.log.warn({ pid: child.pid }, `${problem}; it is killed`);
    child.kill('SIGKILL');
  }

  #died(exit: string): void {
    this.#child = undefined;
    clearInterval(this.#watch);
    for (const id of [...this.#cancelled.keys()]) this.#ended(id);
    this.#failAll('its process stopped');
    if (this.#closing !== undefined || this.#refused !== undefined) return;
    this.#options.log.warn({ exit }, 'the cleaner stopped and is replaced');
    const wait = BACK_OFF_MS[Math.min(this.#deaths++, BACK_OFF_MS.length - 1)]!;
    setTimeout(() => {
      if (this.#closing !== undefined) return;
      this.#ready = this.#start();
      this.#ready.catch(() => {});
    }, wait).unref();
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #failAll(problem: string): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new Fault('clean.failed', { problem }));
  }

  #send(message: ToCleaner): void {
    if (this.#child?.connected) this.#child.send(message, () => {});
  }
}
