import type { Meeting, MeetingSummary } from '../meeting-state.ts';
import { renderClaims } from './claims.ts';

export interface SummaryParts {
  readonly claims: HTMLElement;
  readonly hint: HTMLElement;
  readonly template: HTMLTextAreaElement;
  readonly reset: HTMLButtonElement;
  readonly button: HTMLButtonElement;
}

export interface SummaryCallbacks {
  jump(key: string): void;
  /** Requests a summary; rejects with an Error whose message is shown. */
  summarise(transcript: string): Promise<MeetingSummary>;
  onSummary(summary: MeetingSummary): void;
  /** Saves the template for summaries; an empty one restores the default. Resolves with the template in force. */
  saveTemplate(template: string): Promise<string>;
}

/** Name of the server's language model; null when it has none, undefined until the server has answered. */
export type AssistantName = string | null | undefined;

const NO_ASSISTANT =
  'No language model is set up. Start the server with --assistant-url and --assistant-model (any OpenAI-compatible server, such as Ollama on this machine), or with --assistant-model and a GGUF file.';
const NOT_KEPT = 'Only meetings on the server can be summarised, and this one is saved in this browser only.';

/** Summary, decisions and actions with the sentences they cite; without a language model, how to set one up. */
export class SummaryPanel {
  readonly #parts: SummaryParts;
  readonly #events: SummaryCallbacks;
  #meeting: Meeting | undefined;
  #assistant: AssistantName;
  #isSummarising = false;
  #problem: string | undefined;
  /** Resolves when the server has the template. */
  #saving: Promise<void> = Promise.resolve();

  constructor(parts: SummaryParts, events: SummaryCallbacks) {
    this.#parts = parts;
    this.#events = events;
    parts.template.addEventListener('change', () => this.#saveTemplate(parts.template.value.trim()));
    parts.reset.addEventListener('click', () => this.#saveTemplate(''));
    parts.button.addEventListener('click', () => void this.#summarise());
  }

  set assistant(assistant: AssistantName) {
    this.#assistant = assistant;
    this.#draw();
  }

  set template(template: string) {
    this.#parts.template.value = template;
  }

  show(meeting: Meeting): void {
    if (this.#meeting?.id !== meeting.id) this.#problem = undefined;
    this.#meeting = meeting;
    renderClaims(this.#parts.claims, meeting, (key) => this.#events.jump(key));
    this.#draw();
  }

  #draw(): void {
    const { hint, button } = this.#parts;
    const kept = this.#meeting?.transcript !== undefined;
    const able = typeof this.#assistant === 'string' && kept;
    button.disabled = !able || this.#isSummarising;
    button.textContent = this.#isSummarising ? 'Reading the meeting …' : 'Write a summary';
    if (typeof this.#assistant !== 'string') hint.textContent = NO_ASSISTANT;
    else if (!kept) hint.textContent = NOT_KEPT;
    else
      hint.textContent =
        this.#problem ?? `Written by ${this.#assistant}. Every claim cites the sentences it is based on.`;
  }

  #saveTemplate(template: string): void {
    this.#saving = this.#events.saveTemplate(template).then(
      (now) => {
        this.template = now;
      },
      (error: unknown) => {
        this.#problem = error instanceof Error ? error.message : String(error);
        this.#draw();
      },
    );
  }

  async #summarise(): Promise<void> {
    const transcript = this.#meeting?.transcript;
    if (transcript === undefined || this.#isSummarising) return;
    this.#isSummarising = true;
    this.#problem = undefined;
    this.#draw();
    try {
      await this.#saving;
      const summary = await this.#events.summarise(transcript);
      // Another meeting may be shown by now.
      if (this.#meeting?.transcript === transcript) this.#events.onSummary(summary);
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    this.#isSummarising = false;
    this.#draw();
  }
}
