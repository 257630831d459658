import type { EventOf, ServerEvent } from '../../protocol/index.ts';
import { FormQueue } from '../../transcript/index.ts';
import { alignCleanedWords } from './cleaned-words.ts';

/**
 * For protocols that have no message for a later revision: every final waits for its cleaning and goes out in its place, and
 * the events after it wait behind it. The session cleans each final within a time of its own, so nothing waits for ever.
 */
export class AwaitedCleaning {
  readonly #mode: 'awaited' | 'off';
  readonly #queue = new FormQueue<ServerEvent, EventOf<'cleaned'>>();

  /** With `off` nothing is cleaned, and every event goes out as it came. */
  constructor(mode: 'awaited' | 'off') {
    this.#mode = mode;
  }

  /** Takes one event of the session; returns the events that may be sent now. */
  push(event: ServerEvent): readonly ServerEvent[] {
    if (this.#mode === 'off') return [event];
    if (event.type === 'cleaned') this.#queue.deliver(String(event.sentence), event);
    else this.#add(event);
    return this.#queue.take(0).map(({ item, form }) => (form === undefined ? item : toCleanedFinal(item, form)));
  }

  /** Everything that still waits, as it was said: the session is over. */
  rest(): readonly ServerEvent[] {
    return this.#queue.take(Number.POSITIVE_INFINITY).map(({ item }) => item);
  }

  /** Behind a final, only the newest partial of a channel counts. */
  #add(event: ServerEvent): void {
    const { last } = this.#queue;
    if (event.type === 'partial' && last?.type === 'partial' && last.channel === event.channel) this.#queue.dropLast();
    if (event.type === 'final')
      this.#queue.add({ key: String(event.sentence), item: event, untilMs: Number.POSITIVE_INFINITY });
    else this.#queue.add({ key: '', item: event, untilMs: undefined });
  }
}

function toCleanedFinal(event: ServerEvent, { text, changes }: EventOf<'cleaned'>): ServerEvent {
  if (event.type !== 'final') return event;
  return { ...event, text, words: alignCleanedWords(event.text, event.words, changes) };
}
