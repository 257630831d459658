import type { Assistant, AssistantRequest } from '../../server/ports/assistant.ts';

/** What is answered to one question; undefined is no answer at all, an Error is none that comes at once. */
export type Reply = string | Error | undefined;

/** An assistant whose answers are scripted. */
export class ScriptedAssistant implements Assistant {
  readonly name = 'scripted';
  readonly promptCharsMax = 10_000;
  readonly asked: AssistantRequest[] = [];
  /** Questions that were given up. */
  aborted = 0;
  readonly #reply: (request: AssistantRequest) => Reply;

  constructor(reply: (request: AssistantRequest) => Reply) {
    this.#reply = reply;
  }

  complete(request: AssistantRequest, signal: AbortSignal): Promise<string> {
    this.asked.push(request);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.aborted++;
        reject(new Error('given up'));
      });
      const reply = this.#reply(request);
      if (reply instanceof Error) reject(reply);
      else if (reply !== undefined) resolve(reply);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
