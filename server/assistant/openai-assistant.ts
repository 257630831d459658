import { Fault, parseJson } from '../../protocol/index.ts';
import type { Assistant, AssistantRequest } from '../ports/assistant.ts';

export interface OpenAiAssistantOptions {
  /** Base URL up to and with `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
  /** Longest wait for one answer, ms. */
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

/** Any server that speaks the OpenAI chat protocol: Ollama, LM Studio, llama.cpp, vLLM, or the real one. */
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

  async ask(request: AssistantRequest, signal: AbortSignal): Promise<string> {
    for (;;) {
      const format = request.schema === undefined ? 'none' : FORMATS[this.#format]!;
      const response = await this.#post(request, format, signal);
      if (response.ok) return contentOf(await bounded(response));
      await response.body?.cancel();
      // Servers that do not know a format say that the request is bad.
      if ((response.status !== 400 && response.status !== 422) || format === 'none')
        throw failed(`its server answered ${response.status}`);
      this.#format = FORMATS.indexOf(format) + 1;
    }
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #post({ system, user, schema, maxTokens }: AssistantRequest, format: Format, signal: AbortSignal): Promise<Response> {
    const { url, model, key, timeoutMs = TIMEOUT_MS } = this.#options;
    const body = {
      model,
      temperature: 0,
      max_tokens: maxTokens,
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
      ...responseFormat(format, schema),
    };
    return fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
      // A server that sends the words elsewhere is not the one that was configured.
      redirect: 'error',
      signal: AbortSignal.any([signal, this.#closed.signal, AbortSignal.timeout(timeoutMs)]),
    }).catch((cause: unknown) => {
      throw asFailed(cause);
    });
  }
}

function responseFormat(format: Format, schema: object | undefined): object {
  switch (format) {
    case 'schema':
      return { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } };
    case 'object':
      return { response_format: { type: 'json_object' } };
    case 'none':
      return {};
  }
}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > REPLY_CHARS_MAX) throw failed('its reply is too long');
    }
  } catch (cause) {
    throw asFailed(cause);
  }
  return text;
}

function contentOf(text: string): string {
  try {
    const content = (parseJson(text) as { choices: { message: { content: unknown } }[] }).choices[0]!.message.content;
    if (typeof content === 'string') return content;
  } catch (cause) {
    throw failed('its reply is not a chat completion', cause);
  }
  throw failed('its reply holds no text');
}

function asFailed(cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  const { name } = cause as Error;
  if (name === 'TimeoutError') return failed('it did not answer in time', cause);
  return failed(name === 'AbortError' ? 'it was given up' : 'its server cannot be reached', cause);
}

const failed = (problem: string, cause?: unknown): Fault => new Fault('assistant.failed', { problem }, { cause });
