import type { Meeting, Summary } from '../meeting-state.ts';
import { showClaims } from './claims.ts';

export const STANDARD_TEMPLATE = `Summary: five sentences at most, what it was about and what came of it.
Decisions: what was decided, one line each.
Actions: who does what by when; name the owner where one was said.`;

export interface SummaryParts {
  readonly claims: HTMLElement;
  readonly hint: HTMLElement;
  readonly template: HTMLTextAreaElement;
  readonly reset: HTMLButtonElement;
  readonly button: HTMLButtonElement;
}

export interface SummaryEvents {
  jump(key: string): void;
  /** Asks for a summary; rejects with what to tell. */
  summarise(transcript: string, template: string): Promise<Summary>;
  done(summary: Summary): void;
  readTemplate(): string | null;
  keepTemplate(template: string): void;
}

/** Name of the server's language model; null when it has none, undefined before it was asked. */
export type Assistant = string | null | undefined;

const NO_ASSISTANT =
  'No language model is set up. Start the server with --assistant-url and --assistant-model (any OpenAI-compatible server, such as Ollama on this machine), or with --assistant-model and a GGUF file.';
const NOT_KEPT = 'A summary needs a meeting that the server keeps, and this one is kept in this browser only.';

/** Summary, decisions and actions, each on the sentences it rests on; without a language model, how to set one up. */
export class SummaryPanel {
  readonly #parts: SummaryParts;
  readonly #events: SummaryEvents;
  #meeting: Meeting | undefined;
  #assistant: Assistant;
  #busy = false;
  #problem: string | undefined;

  constructor(parts: SummaryParts, events: SummaryEvents) {
    this.#parts = parts;
    this.#events = events;
    parts.template.value = events.readTemplate() ?? STANDARD_TEMPLATE;
    parts.template.addEventListener('change', () => events.keepTemplate(parts.template.value.trim()));
    parts.reset.addEventListener('click', () => {
      parts.template.value = STANDARD_TEMPLATE;
      events.keepTemplate(STANDARD_TEMPLATE);
    });
    parts.button.addEventListener('click', () => void this.#summarise());
  }

  set assistant(assistant: Assistant) {
    this.#assistant = assistant;
    this.#draw();
  }

  show(meeting: Meeting): void {
    if (this.#meeting?.id !== meeting.id) this.#problem = undefined;
    this.#meeting = meeting;
    showClaims(this.#parts.claims, meeting, (key) => this.#events.jump(key));
    this.#draw();
  }

  #draw(): void {
    const { hint, button } = this.#parts;
    const kept = this.#meeting?.transcript !== undefined;
    const able = typeof this.#assistant === 'string' && kept;
    button.disabled = !able || this.#busy;
    button.textContent = this.#busy ? 'Reading the meeting …' : 'Write a summary';
    if (typeof this.#assistant !== 'string') hint.textContent = NO_ASSISTANT;
    else if (!kept) hint.textContent = NOT_KEPT;
    else
      hint.textContent = this.#problem ?? `Written by ${this.#assistant}. Every claim names the sentences it rests on.`;
  }

  async #summarise(): Promise<void> {
    const transcript = this.#meeting?.transcript;
    if (transcript === undefined || this.#busy) return;
    this.#busy = true;
    this.#problem = undefined;
    this.#draw();
    try {
      const { template } = this.#parts;
      const wish = template.value.trim() === STANDARD_TEMPLATE ? '' : template.value.trim();
      const summary = await this.#events.summarise(transcript, wish);
      // Another meeting may be on the page by now.
      if (this.#meeting?.transcript === transcript) this.#events.done(summary);
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    this.#busy = false;
    this.#draw();
  }
}
