import type { EventOf, ServerEvent } from '../../protocol/index.ts';
import { alignCleanedWords } from './cleaned-words.ts';

/**
 * For protocols that have no word for a later revision: every final waits for its cleaning and goes out in its place, and
 * what came after it waits behind it. The session cleans each final within a time, so nothing waits for ever.
 */
export class AwaitedCleaning {
  readonly #mode: 'awaited' | 'off';
  #waiting: ServerEvent[] = [];
  readonly #cleaned = new Map<number, EventOf<'cleaned'>>();

  /** With `off` nothing is cleaned, and every event goes out as it came. */
  constructor(mode: 'awaited' | 'off') {
    this.#mode = mode;
  }

  /** What may be told now. */
  push(event: ServerEvent): readonly ServerEvent[] {
    if (this.#mode === 'off') return [event];
    if (event.type === 'cleaned') this.#cleaned.set(event.sentence, event);
    else this.#put(event);
    const told: ServerEvent[] = [];
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const cleaned = next.type === 'final' ? this.#cleaned.get(next.sentence) : undefined;
      if (next.type === 'final' && cleaned === undefined) break;
      this.#waiting.shift();
      told.push(next.type === 'final' ? this.#revised(next, cleaned!) : next);
    }
    return told;
  }

  /** All that still waits, as it was said: the session is over. */
  rest(): readonly ServerEvent[] {
    const rest = this.#waiting;
    this.#waiting = [];
    return rest;
  }

  /** Behind a final only the newest words of a sentence that is being said count. */
  #put(event: ServerEvent): void {
    const last = this.#waiting.at(-1);
    if (event.type === 'partial' && last?.type === 'partial' && last.channel === event.channel) this.#waiting.pop();
    this.#waiting.push(event);
  }

  #revised(final: EventOf<'final'>, { text, changes, sentence }: EventOf<'cleaned'>): EventOf<'final'> {
    this.#cleaned.delete(sentence);
    return { ...final, text, words: alignCleanedWords(final.text, final.words, changes) };
  }
}
