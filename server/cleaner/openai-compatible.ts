import { Fault, parseJson } from '../../protocol/index.ts';
import { chatPrompt, readReply } from '../core/clean/prompt.ts';
import type { Cleaner, CleanRequest, Rewrite } from '../ports/cleaner.ts';

export interface OpenAiOptions {
  /** Base URL up to and with `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
}

/** Longest reply read: far more than any sentence needs. */
const REPLY_BYTES_MAX = 65_536;

/** Any server that speaks the OpenAI chat protocol: Ollama, LM Studio, llama.cpp, vLLM, or the real one. */
export class OpenAiCleaner implements Cleaner {
  readonly name: string;
  readonly #options: OpenAiOptions;

  constructor(options: OpenAiOptions) {
    this.#options = options;
    this.name = options.model;
  }

  knows(): boolean {
    return true;
  }

  /** The server may be started later; a sentence that cannot be cleaned falls back to the rules. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  async rewrite(request: CleanRequest, signal: AbortSignal): Promise<Rewrite> {
    const { system, user } = chatPrompt(request);
    const { url, model, key } = this.#options;
    const body = {
      model,
      temperature: 0,
      max_tokens: Math.max(64, request.text.length),
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
    };
    const response = await fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
      // A server that sends the words elsewhere is not the one that was configured.
      redirect: 'error',
      signal,
    }).catch((cause: unknown) => {
      throw failed('it cannot be reached', cause);
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw failed(`it answered ${response.status}`);
    }
    return { text: readReply(contentOf(await bounded(response))), model };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > REPLY_BYTES_MAX) throw failed('its reply is too long');
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

const failed = (problem: string, cause?: unknown): Fault => new Fault('clean.failed', { problem }, { cause });
