import { parseJson } from '../../protocol/index.ts';

/** A server that speaks the OpenAI chat protocol: Ollama, LM Studio, llama.cpp, vLLM, or OpenAI itself. */
export interface ChatServer {
  /** Base URL, including `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
}

export interface ChatRequest {
  readonly system: string;
  readonly user: string;
  /** Longest answer, tokens. */
  readonly maxTokens: number;
  /** Value of `response_format`; absent leaves the format to the model. */
  readonly responseFormat?: object | undefined;
}

export interface ChatOptions {
  readonly signal: AbortSignal;
  /** Longest reply that is read, characters. */
  readonly replyCharsMax: number;
}

/** A request that failed. Its message fits into a sentence for people, and contains neither the prompt nor the address. */
export class ChatError extends Error {
  /** HTTP status of a refusal; undefined when there was no response. */
  readonly status: number | undefined;

  constructor(problem: string, options: { readonly cause?: unknown; readonly status?: number } = {}) {
    super(problem, { cause: options.cause });
    this.status = options.status;
  }
}

/** Sends one chat request. Resolves with the text of the reply; rejects with a ChatError. */
export async function completeChat(
  { url, model, key }: ChatServer,
  { system, user, maxTokens, responseFormat }: ChatRequest,
  { signal, replyCharsMax }: ChatOptions,
): Promise<string> {
  const body = {
    model,
    temperature: 0,
    max_tokens: maxTokens,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: user },
    ],
    ...(responseFormat === undefined ? {} : { response_format: responseFormat }),
  };
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
      // Text is sent to the configured server only, never to one that it redirects to.
      redirect: 'error',
      signal,
    });
    if (response.ok) return contentOf(await readText(response, replyCharsMax));
    await response.body?.cancel();
    throw new ChatError(`its server answered ${response.status}`, { status: response.status });
  } catch (cause) {
    throw cause instanceof ChatError ? cause : new ChatError(problemOf(cause), { cause });
  }
}

function problemOf(cause: unknown): string {
  const { name } = cause as Error;
  if (name === 'TimeoutError') return 'it did not answer in time';
  return name === 'AbortError' ? 'it was given up' : 'its server cannot be reached';
}

async function readText(response: Response, charsMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > charsMax) throw new ChatError('its reply is too long');
  }
  return text;
}

function contentOf(text: string): string {
  try {
    const content = (parseJson(text) as { choices: { message: { content: unknown } }[] }).choices[0]!.message.content;
    if (typeof content === 'string') return content;
  } catch (cause) {
    throw new ChatError('its reply is not a chat completion', { cause });
  }
  throw new ChatError('its reply holds no text');
}
