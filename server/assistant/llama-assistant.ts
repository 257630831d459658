import { statSync } from 'node:fs';
import { Fault } from '../../protocol/index.ts';
import { GgufProcess } from '../llm/gguf-process.ts';
import type { Assistant, AssistantRequest } from '../ports/assistant.ts';
import type { Log } from '../ports/log.ts';

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
/** At three characters per token, this leaves room for the answer. */
const PROMPT_CHARS_MAX = 18_000;
/** Evaluating such a prompt takes minutes on a small machine. */
const TIMEOUT_MS = 10 * 60_000;
/** A request is checked for cancellation after each batch of its prompt, which takes most of a minute on a small machine. */
const CANCEL_TIMEOUT_MS = 2 * 60_000;
/** Such models take gigabytes, which are freed again when only transcribing. */
const IDLE_MS = 5 * 60_000;
/** Gigabytes may have to come from a slow disk. */
const START_TIMEOUT_MS = 10 * 60_000;
/** It shares the machine with live decodes, and nothing live waits for it: noticing a hang after ten seconds is soon enough. */
const PING_EVERY_MS = 1_000;
const PINGS_MISSED_MAX = 10;
/** Requests that wait for the model; more are refused. */
const WAITING_MAX = 64;
/** Requests wait for the restart, so it must not take long. */
const BACK_OFF_MAX_MS = 5_000;
/** Added to the size of the model: context and buffers of a large one, MB. */
const CONTEXT_MB = 4_096;

/** A GGUF instruct model through llama.cpp in a process of its own: started with the first request, ended when idle. */
export class LlamaAssistant implements Assistant {
  readonly name: string;
  readonly promptCharsMax = PROMPT_CHARS_MAX;
  readonly #model: GgufProcess;

  constructor(options: LlamaAssistantOptions) {
    const { modelPath, modelName, threads, log, childPath, execPath } = options;
    const { timeoutMs = TIMEOUT_MS, cancelTimeoutMs = CANCEL_TIMEOUT_MS, idleMs = IDLE_MS } = options;
    const { pingEveryMs = PING_EVERY_MS, memoryMbMax = memoryMbFor(modelPath) } = options;
    this.name = modelName;
    this.#model = new GgufProcess({
      ...{ name: 'assistant', modelName, restart: 'on-demand', backOffMaxMs: BACK_OFF_MAX_MS },
      setup: { modelPath, threads, contextTokens: CONTEXT_TOKENS, keepsContext: false },
      fault: (problem) => new Fault('assistant.failed', { problem }),
      ...{ waitingMax: WAITING_MAX, tooMany: 'too many requests wait', timeoutMs, cancelTimeoutMs, idleMs },
      ...{ startTimeoutMs: START_TIMEOUT_MS, pingEveryMs, pingsMissedMax: PINGS_MISSED_MAX, memoryMbMax },
      ...{ log, childPath, execPath },
    });
  }

  /** Undefined while no process is running. */
  get pid(): number | undefined {
    return this.#model.pid;
  }

  complete(request: AssistantRequest, signal: AbortSignal): Promise<string> {
    return this.#model.generate({ kind: 'chat', ...request }, signal);
  }

  close(): Promise<void> {
    return this.#model.close();
  }
}

function memoryMbFor(modelPath: string): number {
  const bytes = statSync(modelPath, { throwIfNoEntry: false })?.size ?? 0;
  return Math.ceil((bytes / 1_048_576) * 1.25) + CONTEXT_MB;
}
