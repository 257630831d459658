import { chooseSeparator } from './plain-text.ts';

/** One turn's text, on its way to a client that only ever appends. */
export class TurnItem {
  readonly id: string;
  readonly fromMs: number;
  toMs: number;
  committed = false;
  /** What was spoken in it, once something was. */
  language: string | undefined;
  /** Id of the flush whose answer ends it; undefined where silence does. */
  flush: string | undefined;
  /** Where its voice ended. */
  endMs: number | undefined;
  /** Sentences that are final. */
  #final = '';
  /** What went out. */
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
  grow(stable: string): string {
    return stable.trim() === '' ? '' : this.#append(this.#after(stable));
  }

  /** What a final sentence adds. */
  close({ text, language }: { readonly text: string; readonly language: string }): string {
    this.language ??= language;
    this.#final = this.#after(text).trimEnd();
    return this.#append(this.#final);
  }

  #after(text: string): string {
    const next = text.trimStart();
    return next === '' ? this.#final : this.#final + chooseSeparator(this.#final) + next;
  }

  #append(text: string): string {
    if (!text.startsWith(this.#sent)) return '';
    const delta = text.slice(this.#sent.length);
    this.#sent = text;
    return delta;
  }
}
