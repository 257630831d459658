import type { RoomText } from '../overlay/pending-text.ts';

/** One sentence of a room, as a viewer knows it. */
export interface RoomSentence {
  readonly key: string;
  /** Session and channel: whose voice it is. */
  readonly speaker: string;
  stable: string;
  tentative: string;
  final: boolean;
  language: string | undefined;
  /** When it became final: wall clock of the server, ms since the epoch. */
  atMs: number | undefined;
  cleaned: string | undefined;
  readonly translated: Map<string, string>;
}

export interface DisplayChoice {
  readonly text: 'cleaned' | 'raw';
  /** Language to show instead of the spoken one; empty for none. */
  readonly translate: string;
}

export type SentenceForm = RoomText & { readonly language?: string; readonly atMs?: number };

/** Folds a room's events into its sentences. Finals and stable text never change; events that would change them are ignored. */
export class RoomTranscript {
  readonly #sentences = new Map<string, RoomSentence>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** In the order in which they began. */
  get sentences(): IterableIterator<RoomSentence> {
    return this.#sentences.values();
  }

  /** Reads one event; returns the sentence it changed, if any. */
  read(event: SentenceForm): RoomSentence | undefined {
    const key = `${event.session} ${event.channel} ${event.sentence}`;
    const sentence = this.#sentences.get(key);
    switch (event.type) {
      case 'partial': {
        if (sentence?.final === true || !event.stable.startsWith(sentence?.stable ?? '')) return undefined;
        const open = sentence ?? this.#open(key, event);
        open.stable = event.stable;
        open.tentative = event.tentative;
        return open;
      }
      case 'final': {
        if (sentence?.final === true) return undefined;
        const { atMs, language } = event;
        return Object.assign(sentence ?? this.#open(key, event), {
          ...{ stable: event.text, tentative: '', final: true, atMs, language },
        });
      }
      case 'cleaned':
        if (sentence?.final !== true) return undefined;
        sentence.cleaned = event.text;
        return sentence;
      case 'translated':
        sentence?.translated.set(event.language, event.text);
        return sentence;
      default:
        return undefined;
    }
  }

  /** Removes and returns the open sentences of sessions that have left the room: nobody will continue them. */
  present(sessions: readonly string[]): RoomSentence[] {
    const gone = [...this.#sentences.values()].filter(
      ({ final, speaker }) => !final && !sessions.includes(speaker.split(' ')[0]!),
    );
    for (const { key } of gone) this.#sentences.delete(key);
    return gone;
  }

  #open(key: string, { session, channel }: SentenceForm): RoomSentence {
    const sentence: RoomSentence = {
      ...{ key, speaker: `${session} ${channel}`, stable: '', tentative: '', final: false },
      ...{ language: undefined, atMs: undefined, cleaned: undefined, translated: new Map() },
    };
    this.#sentences.set(key, sentence);
    if (this.#sentences.size > this.#max) this.#sentences.delete(this.#sentences.keys().next().value!);
    return sentence;
  }
}

/** The preferred form of a final sentence; undefined while it has not arrived. */
export function selectWantedText(sentence: RoomSentence, { text, translate }: DisplayChoice): string | undefined {
  if (translate !== '') return sentence.translated.get(translate);
  return text === 'raw' ? sentence.stable : sentence.cleaned;
}

/** The text to show now: the preferred form, or what there is. */
export const selectDisplayedText = (sentence: RoomSentence, choice: DisplayChoice): string =>
  selectWantedText(sentence, choice) ??
  (choice.text === 'raw' ? sentence.stable : (sentence.cleaned ?? sentence.stable));
