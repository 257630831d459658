import type { Change, ServerEvent, WireWord } from '../protocol/events.ts';
import type { ViewerEvent } from '../protocol/viewer-events.ts';

/** The text of one sentence as far as its events have brought it. */
export interface SentenceText {
  /** Text that never changes again; once `final` is true, the whole sentence as spoken. */
  readonly stable: string;
  /** Text that may change. Append it to `stable` as it is: it brings its own space. */
  readonly tentative: string;
  readonly final: boolean;
  /** ISO 639 code; undefined before the final, and where the final names none. */
  readonly language: string | undefined;
  /** What a second hearing heard, once it differs from the final; may be empty. */
  readonly revised: string | undefined;
  /** The cleaned form of `revised`, else of the final, once there is one; may be empty. */
  readonly cleaned: string | undefined;
  /** Translations by ISO 639 code. The codes come from elsewhere: read them with `getOwnEntry`. */
  readonly translations: Readonly<Record<string, string>>;
}

/** Names a sentence. Events of a session that is not watched through a room leave `session` out. */
export interface SentenceId {
  readonly session?: string | undefined;
  readonly channel: number;
  readonly sentence: number;
}

interface Span {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly words?: readonly WireWord[] | undefined;
}

/** The events that carry text: those of a session, of a room, and any with the same fields. */
export type TextEvent = SentenceId &
  (
    | ({ readonly type: 'partial'; readonly stable: string; readonly tentative: string } & Span)
    | ({
        readonly type: 'final';
        readonly text: string;
        readonly language?: string | undefined;
        /** Wall time when it became final, ms since 1970. */
        readonly atMs?: number | undefined;
        readonly cursor?: number | undefined;
      } & Span)
    | { readonly type: 'revised'; readonly text: string; readonly words?: readonly WireWord[] | undefined }
    | { readonly type: 'cleaned'; readonly text: string; readonly changes?: readonly Change[] | undefined }
    | { readonly type: 'translated'; readonly language: string; readonly text: string }
  );

type WithoutText<E> = E extends { readonly type: TextEvent['type'] } ? never : E;
/** Any event of a session or a room. */
export type AnyEvent = TextEvent | WithoutText<ServerEvent> | WithoutText<ViewerEvent>;

const TEXT_EVENTS: ReadonlySet<string> = new Set<TextEvent['type']>([
  'partial',
  'final',
  'revised',
  'cleaned',
  'translated',
]);

export const isTextEvent = (event: AnyEvent): event is TextEvent => TEXT_EVENTS.has(event.type);

/** How an event breaks the contract that `protocol/README.md` gives for sentences. */
export type ContractBreach =
  /** Stable text is not a prefix of what follows. */
  | 'stable-changed'
  | 'partial-after-final'
  | 'second-final'
  /** A revision of a sentence that is not final. */
  | 'not-final';

/** What an event does to a sentence. Both are set when a final breaks the contract: its text is taken all the same. */
export interface SentenceUpdate {
  /** Fields to replace; undefined when the event must not be taken. */
  readonly change: Partial<SentenceText> | undefined;
  readonly breach: ContractBreach | undefined;
}

export const EMPTY_SENTENCE: SentenceText = {
  stable: '',
  tentative: '',
  final: false,
  language: undefined,
  revised: undefined,
  cleaned: undefined,
  translations: {},
};

/**
 * The rules by which events become a sentence, for every reader of a session, a room or a transcript. They are those of
 * `protocol/README.md`: stable text only grows, a final comes once and stays, what is revised, cleaned or translated stands beside it.
 * `sentence` is undefined before its first event. Events that come again, as after a reload, change nothing.
 */
export function computeUpdate(sentence: SentenceText | undefined, event: TextEvent): SentenceUpdate {
  const { stable, final, translations } = sentence ?? EMPTY_SENTENCE;
  switch (event.type) {
    case 'partial':
      if (final) return breached('partial-after-final');
      if (!event.stable.startsWith(stable)) return breached('stable-changed');
      return { change: { stable: event.stable, tentative: event.tentative }, breach: undefined };
    case 'final':
      if (final) return breached('second-final');
      return {
        change: { stable: event.text, tentative: '', final: true, language: event.language },
        breach: event.text.startsWith(stable) ? undefined : 'stable-changed',
      };
    case 'revised':
      if (!final) return breached('not-final');
      if (sentence?.revised === event.text) return { change: undefined, breach: undefined };
      // The cleaning so far was of the words as first heard; one of the revised words follows.
      return { change: { revised: event.text, cleaned: undefined }, breach: undefined };
    case 'cleaned':
      return final ? { change: { cleaned: event.text }, breach: undefined } : breached('not-final');
    case 'translated':
      if (!final) return breached('not-final');
      return { change: { translations: { ...translations, [event.language]: event.text } }, breach: undefined };
  }
}

const breached = (breach: ContractBreach): SentenceUpdate => ({ change: undefined, breach });

/** A key for tables of sentences, whoever said them. */
export const formatSentenceKey = ({ session = '', channel, sentence }: SentenceId): string =>
  `${session} ${channel} ${sentence}`;

/** A key for tables of speakers: each channel of each session is one. */
export const formatSpeakerKey = ({ session = '', channel }: Omit<SentenceId, 'sentence'>): string =>
  `${session} ${channel}`;
