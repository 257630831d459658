import { Fault } from '../../protocol/index.ts';
import { ChatError, type ChatServer, completeChat } from '../llm/chat-client.ts';
import type { Assistant, AssistantRequest } from '../ports/assistant.ts';

export interface OpenAiAssistantOptions extends ChatServer {
  /** Longest wait for one answer, ms; default 10 minutes. */
  readonly timeoutMs?: number | undefined;
}

/** Longest reply that is read, characters. */
const REPLY_CHARS_MAX = 1_048_576;
/** Fits the common context of 8,192 tokens and leaves room for the answer. */
const PROMPT_CHARS_MAX = 20_000;
/** A slow machine takes minutes to evaluate a long prompt. */
const TIMEOUT_MS = 10 * 60_000;

/** Ways to request a JSON answer, the strictest first. Servers support different ones. */
const FORMATS = ['schema', 'object', 'none'] as const;
type Format = (typeof FORMATS)[number];

/** Any server that speaks the OpenAI chat protocol. */
export class OpenAiAssistant implements Assistant {
  readonly name: string;
  readonly promptCharsMax = PROMPT_CHARS_MAX;
  readonly #options: OpenAiAssistantOptions;
  readonly #closed = new AbortController();
  /** Index of the strictest format that this server has not refused. */
  #format = 0;

  constructor(options: OpenAiAssistantOptions) {
    this.#options = options;
    this.name = options.model;
  }

  async complete(request: AssistantRequest, signal: AbortSignal): Promise<string> {
    for (;;) {
      const format = request.schema === undefined ? 'none' : FORMATS[this.#format]!;
      try {
        return await this.#complete(request, format, signal);
      } catch (cause) {
        const status = cause instanceof ChatError ? cause.status : undefined;
        // A server that does not support a format answers that the request is bad.
        if ((status !== 400 && status !== 422) || format === 'none')
          throw new Fault('assistant.failed', { problem: (cause as Error).message }, { cause });
        this.#format = FORMATS.indexOf(format) + 1;
      }
    }
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #complete(request: AssistantRequest, format: Format, signal: AbortSignal): Promise<string> {
    const { system, user, schema, maxTokens } = request;
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    return completeChat(
      this.#options,
      { system, user, maxTokens, responseFormat: responseFormat(format, schema) },
      {
        signal: AbortSignal.any([signal, this.#closed.signal, AbortSignal.timeout(timeoutMs)]),
        replyCharsMax: REPLY_CHARS_MAX,
      },
    );
  }
}

function responseFormat(format: Format, schema: object | undefined): object | undefined {
  switch (format) {
    case 'schema':
      return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
    case 'object':
      return { type: 'json_object' };
    case 'none':
      return undefined;
  }
}
