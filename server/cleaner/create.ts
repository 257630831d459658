import { Fault } from '../../protocol/index.ts';
import type { Cleaner } from '../ports/cleaner.ts';
import type { Log } from '../ports/log.ts';
import { LlamaCleaner } from './llama.ts';
import { OpenAiCleaner } from './openai-compatible.ts';
import { RulesCleaner } from './rules-cleaner.ts';

export interface CleanerOptions {
  readonly kind: 'llm' | 'openai' | 'rules' | 'off';
  /** For `llm`: the GGUF file and its name. */
  readonly modelPath: string;
  readonly modelName: string;
  readonly threads: number;
  /** For `openai`: base URL, model and key of the server. */
  readonly url: string | undefined;
  readonly urlModel: string | undefined;
  readonly key: string | undefined;
  /** For `llm`: a process that exceeds it is replaced. */
  readonly memoryMbMax: number;
  readonly log: Log;
}

/** Creates the cleaner that the options select; undefined when cleaning is off. Throws `config.value`. */
export function createCleaner(options: CleanerOptions): Cleaner | undefined {
  switch (options.kind) {
    case 'off':
      return undefined;
    case 'rules':
      return new RulesCleaner();
    case 'openai': {
      const { url, urlModel, key } = options;
      if (url === undefined)
        throw new Fault('config.value', {
          name: 'cleanup-url',
          got: 'missing',
          want: 'a URL when --cleanup is openai',
        });
      if (urlModel === undefined) {
        throw new Fault('config.value', {
          name: 'cleanup-model',
          got: 'missing',
          want: 'a model of that server when --cleanup is openai',
        });
      }
      return new OpenAiCleaner({ url, model: urlModel, key });
    }
    case 'llm': {
      const { modelPath, modelName, threads, memoryMbMax, log } = options;
      const style = modelName === 'sotto-clean' ? 'sotto-clean' : 'chat';
      return new LlamaCleaner({ modelPath, modelName, style, threads, memoryMbMax, log });
    }
  }
}
