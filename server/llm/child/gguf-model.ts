import {
  getLlama,
  type Llama,
  LlamaChatSession,
  LlamaCompletion,
  type LlamaContextSequence,
  LlamaLogLevel,
} from 'node-llama-cpp';
import type { Generation, ModelSetup } from '../wire.ts';

type Chat = Extract<Generation, { kind: 'chat' }>;
type Tagged = Extract<Generation, { kind: 'tagged' }>;

/** A model in llama.cpp with one context. It generates greedily, one text at a time. */
export class GgufModel {
  readonly #llama: Llama;
  readonly #sequence: LlamaContextSequence;
  readonly #contextTokens: number;
  readonly #keepsContext: boolean;
  #completion: LlamaCompletion | undefined;

  private constructor(llama: Llama, sequence: LlamaContextSequence, contextTokens: number, keepsContext: boolean) {
    this.#llama = llama;
    this.#sequence = sequence;
    this.#contextTokens = contextTokens;
    this.#keepsContext = keepsContext;
  }

  static async load({ modelPath, threads, contextTokens, keepsContext }: ModelSetup): Promise<GgufModel> {
    // Never builds or fetches anything: the prebuilt CPU library is in the package.
    const llama = await getLlama({
      ...{ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.disabled },
      maxThreads: threads,
    });
    const model = await llama.loadModel({ modelPath });
    const contextSize = keepsContext ? contextTokens : Math.min(contextTokens, model.trainContextSize);
    const context = await model.createContext({ contextSize, sequences: 1, threads });
    return new GgufModel(llama, context.getSequence(), contextSize, keepsContext);
  }

  generate(generation: Generation, signal: AbortSignal): Promise<string> {
    return generation.kind === 'chat' ? this.#chat(generation, signal) : this.#tagged(generation, signal);
  }

  async #chat({ system, user, schema, maxTokens }: Chat, signal: AbortSignal): Promise<string> {
    const { model } = this.#sequence;
    if (!this.#keepsContext) {
      const tokens = model.tokenize(system).length + model.tokenize(user).length;
      if (tokens + maxTokens + 64 > this.#contextTokens)
        throw new Error(`a prompt of ${tokens} tokens is longer than it takes`);
      await this.#sequence.clearHistory();
    }
    const grammar = schema === undefined ? undefined : await this.#llama.createGrammarForJsonSchema(schema as never);
    const session = new LlamaChatSession({ contextSequence: this.#sequence, systemPrompt: system });
    try {
      return await session.prompt(user, {
        ...{ temperature: 0, maxTokens, signal, stopOnAbortSignal: false },
        ...(grammar === undefined ? {} : { grammar }),
      });
    } finally {
      session.dispose({ disposeSequence: false });
    }
  }

  /** Generates what follows `before PART behind`, for each part. */
  async #tagged({ parts, before, behind }: Tagged, signal: AbortSignal): Promise<string> {
    this.#completion ??= new LlamaCompletion({ contextSequence: this.#sequence });
    const { model } = this.#sequence;
    const first = model.tokenize(before, true);
    const last = model.tokenize(behind, true);
    const texts: string[] = [];
    for (const part of parts) {
      const text = model.tokenize(` ${part}`, false, 'trimLeadingSpace' as never);
      const maxTokens = Math.min(text.length + 16, this.#contextTokens - text.length - 4);
      const options = { temperature: 0, maxTokens, signal, stopOnAbortSignal: false } as never;
      texts.push((await this.#completion.generateCompletion([...first, ...text, ...last], options)).trim());
    }
    return texts.filter(Boolean).join(' ');
  }
}
