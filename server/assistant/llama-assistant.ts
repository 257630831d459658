import { statSync } from 'node:fs';
import { Fault } from '../../protocol/index.ts';
import { locateModelProgram } from '../llm/model-program.ts';
import { type FromModel, type Generation, isFromModel, type ToModel } from '../llm/wire.ts';
import type { Assistant, AssistantRequest } from '../ports/assistant.ts';
import type { Log } from '../ports/log.ts';
import { BackOff } from '../process/back-off.ts';
import { PendingRequests } from '../process/pending-requests.ts';
import { Supervisor } from '../process/supervisor.ts';
import { WatchedProcess } from '../process/watched-process.ts';

export interface LlamaAssistantOptions {
  readonly modelPath: string;
  readonly modelName: string;
  readonly threads: number;
  readonly log: Log;
  /** Longest wait for one answer, ms; default 10 minutes. */
  readonly timeoutMs?: number | undefined;
  /** How long the process may take to end an answer that was given up, ms; default 2 minutes. */
  readonly cancelTimeoutMs?: number | undefined;
  /** How long the process outlives its last answer, ms; default 5 minutes. */
  readonly idleMs?: number | undefined;
  /** Time between two pings, ms; default 1 s. */
  readonly pingEveryMs?: number | undefined;
  /** A process that grows beyond this is replaced; default from the size of the model. */
  readonly memoryMbMax?: number | undefined;
  /** Path of the child's main file, and the program that runs it; tests give others. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

const CONTEXT_TOKENS = 8_192;
/** Three characters a token, and room for the answer. */
const PROMPT_CHARS_MAX = 18_000;
/** Reading so much takes minutes on a small machine. */
const TIMEOUT_MS = 10 * 60_000;
/** A model reads a batch of its prompt before it sees that it was given up: the better part of a minute on a small machine. */
const CANCEL_TIMEOUT_MS = 2 * 60_000;
/** Such models take gigabytes; nobody who only transcribes should pay for them. */
const IDLE_MS = 5 * 60_000;
/** Gigabytes may have to come from a slow disk. */
const START_TIMEOUT_MS = 10 * 60_000;
/** It shares the machine with live decodes, and nothing live waits for it: ten seconds are soon enough to see that it hangs. */
const PING_EVERY_MS = 1_000;
const PINGS_MISSED_MAX = 10;
/** Questions that wait for the model; more are refused. */
const WAITING_MAX = 64;
/** Whoever asks waits until the process may be started again, so not for long. */
const BACK_OFF_MAX_MS = 5_000;
/** Beyond the model's own size: context and buffers of a large one. */
const CONTEXT_MB = 4_096;

/** A GGUF instruct model through llama.cpp in a process of its own: started with the first question, ended when idle. */
export class LlamaAssistant implements Assistant {
  readonly name: string;
  readonly promptCharsMax = PROMPT_CHARS_MAX;
  readonly #options: LlamaAssistantOptions;
  readonly #requests: PendingRequests<string>;
  readonly #supervisor: Supervisor<WatchedProcess<FromModel>>;
  /** Questions that came while no process could be started yet, in their order. */
  readonly #unsent = new Map<number, Generation>();
  #idle: NodeJS.Timeout | undefined;
  #refusal: string | undefined;

  constructor(options: LlamaAssistantOptions) {
    this.#options = options;
    this.name = options.modelName;
    const { timeoutMs = TIMEOUT_MS, cancelTimeoutMs = CANCEL_TIMEOUT_MS } = options;
    this.#requests = new PendingRequests({
      ...{ max: WAITING_MAX, full: 'too many questions wait', fault: failed, timeoutMs, cancelTimeoutMs },
      onGivenUp: (id) => this.#cancel(id),
      onStuck: () => this.#replace('the assistant does not end an answer'),
    });
    this.#supervisor = new Supervisor({
      start: (onEnded) => this.#open(onEnded),
      restart: 'on-demand',
      backOff: new BackOff(BACK_OFF_MAX_MS),
      onEnded: (exit) => this.#ended(exit),
    });
  }

  /** Undefined while nobody asks. */
  get pid(): number | undefined {
    return this.#supervisor.current?.pid;
  }

  async complete(request: AssistantRequest, signal: AbortSignal): Promise<string> {
    if (this.#supervisor.isClosed) throw failed('it is closed');
    clearTimeout(this.#idle);
    try {
      return await this.#requests.open((id) => {
        this.#unsent.set(id, { kind: 'chat', ...request });
        this.#supervisor.demand();
        this.#sendAll();
      }, signal);
    } finally {
      this.#rest();
    }
  }

  close(): Promise<void> {
    const closing = this.#supervisor.close();
    clearTimeout(this.#idle);
    this.#requests.rejectAll('it is closed');
    return closing;
  }

  #open(onEnded: (exit: string) => void): WatchedProcess<FromModel> {
    const { childPath, execPath, modelPath, threads, log } = this.#options;
    const { pingEveryMs = PING_EVERY_MS, memoryMbMax = memoryMbFor(modelPath) } = this.#options;
    const model = { modelPath, threads, contextTokens: CONTEXT_TOKENS, keepsContext: false };
    const setup: ToModel = { kind: 'setup', setup: model };
    const process = new WatchedProcess<FromModel>(
      {
        name: 'assistant',
        program: { path: childPath ?? locateModelProgram(), execPath },
        ...{ setup, isMessage: isFromModel, startTimeoutMs: START_TIMEOUT_MS },
        ...{ pingEveryMs, pingsMissedMax: PINGS_MISSED_MAX, memoryMbMax, log },
      },
      {
        onMessage: (message) => this.#read(message, process),
        onOutgrown: () => process.kill(),
        onEnded,
      },
    );
    // Questions that waited for the back-off go out once this process is the current one.
    queueMicrotask(() => this.#sendAll());
    return process;
  }

  #read(message: FromModel, process: WatchedProcess<FromModel>): void {
    switch (message.kind) {
      case 'ready':
      case 'alive':
        return;
      case 'refused':
        // What the child says names the file, and this is told to clients.
        this.#refusal = 'its model cannot be loaded';
        this.#requests.rejectAll(this.#refusal);
        return process.stop();
      case 'generated':
        this.#supervisor.reportHealthy();
        return this.#requests.resolve(message.id, message.text);
      case 'failed':
        return this.#requests.reject(message.id, message.problem);
    }
  }

  #cancel(id: number): void {
    if (this.#unsent.delete(id)) return this.#requests.reject(id, 'it was given up');
    this.#send({ kind: 'cancel', id });
  }

  #replace(problem: string): void {
    this.#options.log.warn({ pid: this.pid }, `${problem}; it is killed`);
    this.#supervisor.current?.kill();
  }

  #ended(exit: string): undefined {
    const problem = this.#refusal ?? 'its process stopped';
    this.#options.log.warn({ exit: this.#refusal === undefined ? exit : 'refused' }, 'the assistant stopped');
    this.#refusal = undefined;
    this.#unsent.clear();
    this.#requests.rejectAll(problem);
  }

  /** Gives the memory back when nobody has asked for a while. */
  #rest(): void {
    if (this.#requests.size > 0 || this.#supervisor.isClosed) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#supervisor.retire(), this.#options.idleMs ?? IDLE_MS).unref();
  }

  #sendAll(): void {
    if (this.#supervisor.current === undefined) return;
    for (const [id, generation] of this.#unsent) this.#send({ kind: 'generate', id, generation });
    this.#unsent.clear();
  }

  #send(message: ToModel): void {
    this.#supervisor.current?.send(message);
  }
}

function memoryMbFor(modelPath: string): number {
  const bytes = statSync(modelPath, { throwIfNoEntry: false })?.size ?? 0;
  return Math.ceil((bytes / 1_048_576) * 1.25) + CONTEXT_MB;
}

const failed = (problem: string): Fault => new Fault('assistant.failed', { problem });
