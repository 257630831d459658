import { chooseSeparator } from '../../transcript/index.ts';

/** The text of one turn, for a client that only ever appends. */
export class TurnItem {
  readonly id: string;
  readonly fromMs: number;
  toMs: number;
  isCommitted = false;
  /** The language spoken in it, once there was speech. */
  language: string | undefined;
  /** Id of the flush that ends it; undefined when silence ends it. */
  flushId: string | undefined;
  /** Where its speech ended. */
  endMs: number | undefined;
  /** Text of the final sentences. */
  #final = '';
  /** Text sent so far. */
  #sent = '';

  constructor(id: string, fromMs: number) {
    this.id = id;
    this.fromMs = fromMs;
    this.toMs = fromMs;
  }

  get text(): string {
    return this.#final;
  }

  /** What a growing sentence adds; empty when it adds nothing yet. */
  appendPartial(stable: string): string {
    return stable.trim() === '' ? '' : this.#takeDelta(this.#joinFinal(stable));
  }

  /** What a final sentence adds. */
  appendFinal({ text, language }: { readonly text: string; readonly language: string }): string {
    this.language ??= language;
    this.#final = this.#joinFinal(text).trimEnd();
    return this.#takeDelta(this.#final);
  }

  #joinFinal(text: string): string {
    const next = text.trimStart();
    return next === '' ? this.#final : this.#final + chooseSeparator(this.#final, next) + next;
  }

  #takeDelta(text: string): string {
    if (!text.startsWith(this.#sent)) return '';
    const delta = text.slice(this.#sent.length);
    this.#sent = text;
    return delta;
  }
}
