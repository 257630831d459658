import { Fault } from '../../protocol/index.ts';
import { buildChatPrompt, parseReply } from '../core/clean/prompt.ts';
import { type ChatServer, completeChat } from '../llm/chat-client.ts';
import type { Cleaner, CleanRequest, Rewrite } from '../ports/cleaner.ts';

/** Longest reply that is read, characters: far more than any sentence needs. */
const REPLY_CHARS_MAX = 65_536;

/** Cleans with any server that speaks the OpenAI chat protocol. */
export class OpenAiCleaner implements Cleaner {
  readonly name: string;
  readonly #server: ChatServer;

  constructor(server: ChatServer) {
    this.#server = server;
    this.name = server.model;
  }

  supportsLanguage(): boolean {
    return true;
  }

  /** Always ready: the server may be started later, and until then the rules clean instead. */
  ready(): Promise<void> {
    return Promise.resolve();
  }

  async rewrite(request: CleanRequest, signal: AbortSignal): Promise<Rewrite> {
    const maxTokens = Math.max(64, request.text.length);
    const options = { signal, replyCharsMax: REPLY_CHARS_MAX };
    try {
      const text = await completeChat(this.#server, { ...buildChatPrompt(request), maxTokens }, options);
      return { text: parseReply(text), model: this.name };
    } catch (cause) {
      throw new Fault('clean.failed', { problem: (cause as Error).message }, { cause });
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
