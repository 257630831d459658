import { Fault } from '../../protocol/index.ts';
import { parseReply } from '../core/clean/prompt.ts';
import { locateModelProgram } from '../llm/model-program.ts';
import { type FromModel, isFromModel, type ToModel } from '../llm/wire.ts';
import type { Cleaner, CleanRequest, Rewrite } from '../ports/cleaner.ts';
import type { Log } from '../ports/log.ts';
import { BackOff } from '../process/back-off.ts';
import { PendingRequests } from '../process/pending-requests.ts';
import { Supervisor } from '../process/supervisor.ts';
import { WatchedProcess } from '../process/watched-process.ts';
import { buildGeneration, CONTEXT_TOKENS, type PromptStyle } from './generation.ts';

export interface LlamaOptions {
  readonly modelPath: string;
  readonly modelName: string;
  readonly style: PromptStyle;
  readonly threads: number;
  /** A process that grows beyond this is replaced. */
  readonly memoryMbMax?: number | undefined;
  readonly log: Log;
  /** Path of the child's main file, and the program that runs it; tests give others. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/** Sentences waiting for the model; more are refused and cleaned by the rules. */
const WAITING_MAX = 64;
const START_TIMEOUT_MS = 120_000;
/** A rewrite that was given up and has not ended after this time never will. */
const CANCEL_TIMEOUT_MS = 3_000;

/** The first run plans buffers; better before it is ready than on somebody's first sentence. */
const WARM_UP: CleanRequest = { text: 'Um, so this is a test.', language: 'en', context: [], instruction: '' };

/** Settles when a process is ready, or when it will not be. */
interface Start {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(fault: Fault): void;
}

/** A GGUF model through llama.cpp in a process of its own, which is started again, for ever, when it ends. */
export class LlamaCleaner implements Cleaner {
  readonly name: string;
  readonly #options: LlamaOptions;
  readonly #requests: PendingRequests<string>;
  readonly #supervisor: Supervisor<WatchedProcess<FromModel>>;
  #start = openStart();
  /** Why the last process could not run, when it said so itself. */
  #refusal: string | undefined;

  constructor(options: LlamaOptions) {
    this.#options = options;
    this.name = options.modelName;
    this.#requests = new PendingRequests({
      max: WAITING_MAX,
      full: 'too many sentences wait',
      fault: failed,
      cancelTimeoutMs: CANCEL_TIMEOUT_MS,
      onGivenUp: (id) => this.#send({ kind: 'cancel', id }),
      onStuck: () => this.#replace('the cleaner does not end a rewrite'),
    });
    this.#supervisor = new Supervisor({
      start: (ended) => this.#open(ended),
      restart: 'always',
      backOff: new BackOff(),
      onEnded: (exit) => this.#ended(exit),
    });
    this.#supervisor.demand();
  }

  get pid(): number | undefined {
    return this.#supervisor.current?.pid;
  }

  /** Whether a model is loaded and writes. Without one the rules do its work. */
  get isRunning(): boolean {
    return this.#supervisor.current?.state === 'ready';
  }

  /** The embedded model was trained on English only. */
  supportsLanguage(language: string): boolean {
    return this.#options.style === 'chat' || language === 'en';
  }

  ready(): Promise<void> {
    return this.#start.promise;
  }

  async rewrite(request: CleanRequest, signal: AbortSignal): Promise<Rewrite> {
    if (this.#supervisor.isClosed) throw failed('the cleaner is closed');
    if (this.#supervisor.current === undefined) throw failed('its process is being replaced');
    const { style } = this.#options;
    const generation = buildGeneration(request, style);
    const text = await this.#requests.open((id) => this.#send({ kind: 'generate', id, generation }), signal);
    return { text: style === 'chat' ? parseReply(text) : text, model: this.name };
  }

  close(): Promise<void> {
    const closing = this.#supervisor.close();
    this.#requests.rejectAll('the cleaner is closed');
    this.#start.reject(failed('the cleaner is closed'));
    return closing;
  }

  #open(onEnded: (exit: string) => void): WatchedProcess<FromModel> {
    const { childPath = locateModelProgram(), execPath, modelPath, style, threads, memoryMbMax, log } = this.#options;
    const contextTokens = CONTEXT_TOKENS[style];
    const setup = { modelPath, threads, contextTokens, keepsContext: true, warmUp: buildGeneration(WARM_UP, style) };
    return new WatchedProcess<FromModel>(
      {
        name: 'cleaner',
        program: { path: childPath, execPath },
        setup: { kind: 'setup', setup } satisfies ToModel,
        isMessage: isFromModel,
        startTimeoutMs: START_TIMEOUT_MS,
        memoryMbMax,
        log,
      },
      {
        onMessage: (message) => this.#read(message),
        onOutgrown: () => this.#replace('the cleaner outgrew its memory limit'),
        onEnded,
      },
    );
  }

  #read(message: FromModel): void {
    switch (message.kind) {
      case 'ready':
        return this.#start.resolve();
      case 'alive':
        // It stands a while after it was ready: the next death is a new story.
        return this.#supervisor.reportHealthy();
      case 'refused':
        this.#refusal = message.problem;
        return this.#supervisor.current?.stop();
      case 'generated':
        this.#supervisor.reportHealthy();
        return this.#requests.resolve(message.id, message.text);
      case 'failed':
        return this.#requests.reject(message.id, message.problem);
    }
  }

  #replace(problem: string): void {
    this.#options.log.warn({ pid: this.pid }, `${problem}; it is killed`);
    this.#supervisor.current?.kill();
  }

  #ended(exit: string): undefined {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    const start = this.#start;
    this.#start = openStart();
    const { log, modelName: model } = this.#options;
    log.warn({ exit: refusal === undefined ? exit : 'model.corrupt' }, 'the cleaner stopped and is replaced');
    start.reject(
      refusal === undefined ? failed('its process stopped') : new Fault('model.corrupt', { model, problem: refusal }),
    );
    this.#requests.rejectAll(refusal ?? 'its process stopped');
  }

  #send(message: ToModel): void {
    this.#supervisor.current?.send(message);
  }
}

function openStart(): Start {
  let resolve = (): void => {};
  let reject = (_: Fault): void => {};
  const promise = new Promise<void>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  // Whoever never asks for `ready` must not crash the process when the model is broken.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

const failed = (problem: string): Fault => new Fault('clean.failed', { problem });
