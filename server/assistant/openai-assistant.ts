import { Fault } from '../../protocol/index.ts';
import { ChatError, type ChatServer, completeChat } from '../llm/chat-client.ts';
import type { Assistant, AssistantRequest } from '../ports/assistant.ts';

export interface OpenAiAssistantOptions extends ChatServer {
  /** Longest wait for one answer, ms; default 10 minutes. */
  readonly timeoutMs?: number | undefined;
}

/** Longest reply read. */
const REPLY_CHARS_MAX = 1_048_576;
/** What any server's model takes: 8,192 tokens are common, and this leaves room for the answer. */
const PROMPT_CHARS_MAX = 20_000;
/** A model on a slow machine reads a long prompt for minutes. */
const TIMEOUT_MS = 10 * 60_000;

/** How a server can be told to answer in JSON, the strictest first; each server is asked what it knows. */
const FORMATS = ['schema', 'object', 'none'] as const;
type Format = (typeof FORMATS)[number];

/** Any server that speaks the OpenAI chat protocol. */
export class OpenAiAssistant implements Assistant {
  readonly name: string;
  readonly promptCharsMax = PROMPT_CHARS_MAX;
  readonly #options: OpenAiAssistantOptions;
  readonly #closed = new AbortController();
  /** Index of the strictest form this server has not refused. */
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
        // Servers that do not know a format say that the request is bad.
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
