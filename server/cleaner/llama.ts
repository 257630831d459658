import { Fault } from '../../protocol/index.ts';
import { parseReply } from '../core/clean/prompt.ts';
import { GgufProcess } from '../llm/gguf-process.ts';
import type { Cleaner, CleanRequest, Rewrite } from '../ports/cleaner.ts';
import type { Log } from '../ports/log.ts';
import { buildGeneration, CONTEXT_TOKENS, type PromptStyle } from './generation.ts';

export interface LlamaOptions {
  readonly modelPath: string;
  readonly modelName: string;
  readonly style: PromptStyle;
  readonly threads: number;
  /** A process that exceeds this is replaced. */
  readonly memoryMbMax?: number | undefined;
  readonly log: Log;
  /** Path of the child's main file, and the program that runs it; tests give others. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/** Sentences waiting for the model; more are refused and cleaned by the rules. */
const WAITING_MAX = 64;
const START_TIMEOUT_MS = 120_000;
/** A rewrite that was given up and is still running after this time will never end. */
const CANCEL_TIMEOUT_MS = 3_000;

/** Cleaned before the model counts as ready: the first run allocates buffers. */
const WARM_UP: CleanRequest = { text: 'Um, so this is a test.', language: 'en', context: [], instruction: '' };

/** Cleans with a GGUF model through llama.cpp, in a process of its own that is restarted whenever it ends. */
export class LlamaCleaner implements Cleaner {
  readonly name: string;
  readonly #style: PromptStyle;
  readonly #model: GgufProcess;

  constructor(options: LlamaOptions) {
    const { modelPath, modelName, style, threads, memoryMbMax, log, childPath, execPath } = options;
    this.name = modelName;
    this.#style = style;
    const contextTokens = CONTEXT_TOKENS[style];
    this.#model = new GgufProcess({
      ...{ name: 'cleaner', modelName, restart: 'always', memoryMbMax, log, childPath, execPath },
      setup: { modelPath, threads, contextTokens, keepsContext: true, warmUp: buildGeneration(WARM_UP, style) },
      fault: (problem) => new Fault('clean.failed', { problem }),
      ...{ waitingMax: WAITING_MAX, tooMany: 'too many sentences wait' },
      ...{ startTimeoutMs: START_TIMEOUT_MS, cancelTimeoutMs: CANCEL_TIMEOUT_MS },
    });
  }

  get pid(): number | undefined {
    return this.#model.pid;
  }

  /** Whether a model is loaded. Without one, the rules clean instead. */
  get isRunning(): boolean {
    return this.#model.isRunning;
  }

  /** The embedded model was trained on English only. */
  supportsLanguage(language: string): boolean {
    return this.#style === 'chat' || language === 'en';
  }

  ready(): Promise<void> {
    return this.#model.ready();
  }

  async rewrite(request: CleanRequest, signal: AbortSignal): Promise<Rewrite> {
    const text = await this.#model.generate(buildGeneration(request, this.#style), signal);
    return { text: this.#style === 'chat' ? parseReply(text) : text, model: this.name };
  }

  close(): Promise<void> {
    return this.#model.close();
  }
}
