import type { ServerEvent, WireWord } from '../../sdk/index.ts';

/** Where a recording begins on the page: after the sentences and the time of the recordings before it. */
export interface RunOffset {
  readonly sentences: number;
  readonly ms: number;
}

/**
 * Moves an event from a session's numbering to that of the page. Every session counts from zero, but exports of a page with two
 * recordings must not.
 */
export function shiftEvent(event: ServerEvent, base: RunOffset): ServerEvent {
  switch (event.type) {
    case 'partial':
    case 'final':
      return {
        ...event,
        sentence: event.sentence + base.sentences,
        fromMs: event.fromMs + base.ms,
        toMs: event.toMs + base.ms,
        words: event.words.map((word) => shiftWord(word, base.ms)),
      };
    case 'revised':
      return {
        ...event,
        sentence: event.sentence + base.sentences,
        words: event.words.map((word) => shiftWord(word, base.ms)),
      };
    case 'cleaned':
    case 'translated':
      return { ...event, sentence: event.sentence + base.sentences };
    default:
      return event;
  }
}

const shiftWord = (word: WireWord, ms: number): WireWord => ({
  ...word,
  fromMs: word.fromMs + ms,
  toMs: word.toMs + ms,
});

/** Where the next recording begins, after everything on the page. */
export function computeRunOffset(sentences: readonly { readonly number: number; readonly toMs: number }[]): RunOffset {
  return sentences.reduce(
    (base, { number, toMs }) => ({ sentences: Math.max(base.sentences, number), ms: Math.max(base.ms, toMs) }),
    { sentences: 0, ms: 0 },
  );
}
