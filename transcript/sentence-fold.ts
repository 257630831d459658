import type { Change, WireWord } from '../protocol/events.ts';
import {
  type AnyEvent,
  type ContractBreach,
  computeUpdate,
  EMPTY_SENTENCE,
  formatSentenceKey,
  isTextEvent,
  type SentenceText,
  type TextEvent,
} from './sentence.ts';

/** One sentence of a session or a room. The same object from its first event to its last, so views can be keyed by it. */
export interface Sentence extends SentenceText {
  /** Id of its session; empty where the events name none. */
  readonly session: string;
  readonly channel: number;
  /** Number of the sentence in its session, from 1. */
  readonly number: number;
  /** As the newest partial or the final has them; none where events come without. */
  readonly words: readonly WireWord[];
  /** The words of `revised`; none where events come without. */
  readonly revisedWords: readonly WireWord[];
  /** In the audio of its session, ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What cleaning changed, as offsets into `revised`, else into the final's text. */
  readonly changes: readonly Change[];
  /** Wall time when it became final, ms since 1970; undefined before, and outside of rooms. */
  readonly atMs: number | undefined;
  /** Place of its final in the room; undefined before, and outside of rooms. */
  readonly cursor: number | undefined;
}

export interface SentenceFoldOptions {
  /** Called for an event that breaks the contract, before anything is changed. What it throws leaves the sentence as it was. */
  readonly onBreach?: (breach: ContractBreach, event: TextEvent) => void;
  /** Sentences that are kept; the oldest are forgotten. Default: all. */
  readonly sentencesMax?: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Folds the events of a session or a room into its sentences. It keeps the newest state of each sentence and no event.
 * Events that carry no text are ignored, and so are those that break the contract, but for a final (see `SentenceUpdate`).
 */
export class SentenceFold {
  readonly #options: SentenceFoldOptions;
  readonly #sentences = new Map<string, Mutable<Sentence>>();

  constructor(options: SentenceFoldOptions = {}) {
    this.#options = options;
  }

  /** In the order of their first events. */
  get sentences(): IterableIterator<Sentence> {
    return this.#sentences.values();
  }

  /** Reads one event; returns the sentence it changed, if any. */
  read(event: AnyEvent): Sentence | undefined {
    if (!isTextEvent(event)) return undefined;
    const key = formatSentenceKey(event);
    const known = this.#sentences.get(key);
    const { change, breach } = computeUpdate(known, event);
    if (breach !== undefined) this.#options.onBreach?.(breach, event);
    if (change === undefined) return undefined;
    const sentence = known ?? this.#begin(key, event);
    return Object.assign(sentence, change, getDetails(event, sentence));
  }

  /** Forgets the sentences that `isGone` is true for, and returns them. */
  forget(isGone: (sentence: Sentence) => boolean): Sentence[] {
    const gone = [...this.#sentences].filter(([, sentence]) => isGone(sentence));
    for (const [key] of gone) this.#sentences.delete(key);
    return gone.map(([, sentence]) => sentence);
  }

  #begin(key: string, { session = '', channel, sentence: number }: TextEvent): Mutable<Sentence> {
    const sentence: Mutable<Sentence> = {
      ...EMPTY_SENTENCE,
      ...{
        session,
        channel,
        number,
        words: [],
        revisedWords: [],
        fromMs: 0,
        toMs: 0,
        changes: [],
        atMs: undefined,
        cursor: undefined,
      },
    };
    this.#sentences.set(key, sentence);
    const { sentencesMax = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#sentences.size > sentencesMax) this.#sentences.delete(this.#sentences.keys().next().value!);
    return sentence;
  }
}

/** What an event brings beside text. */
function getDetails(event: TextEvent, { words, fromMs, toMs, changes }: Sentence): Partial<Sentence> {
  switch (event.type) {
    case 'partial':
      return { words: event.words ?? words, fromMs: event.fromMs ?? fromMs, toMs: event.toMs ?? toMs };
    case 'final': {
      const { atMs, cursor } = event;
      return { words: event.words ?? [], fromMs: event.fromMs ?? fromMs, toMs: event.toMs ?? toMs, atMs, cursor };
    }
    case 'revised':
      return { revisedWords: event.words ?? [], changes: [] };
    case 'cleaned':
      return { changes: event.changes ?? changes };
    case 'translated':
      return {};
  }
}
