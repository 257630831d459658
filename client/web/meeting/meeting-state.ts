import { getOwnEntry } from '../../../protocol/own-entry.ts';
import { toPrintable } from '../../../protocol/printable.ts';
import { computeUpdate, EMPTY_SENTENCE, type SentenceText } from '../../../transcript/sentence.ts';
import { formatSentenceName, getSentenceText } from '../../../transcript/sentence-text.ts';
import type { EventOf, Summary as KeptSummary, ServerEvent, StoredAudio, WireWord } from '../../sdk/index.ts';

/** A finished sentence. `text` is its first version and never changes; `getDisplayedText` is what is shown. */
export interface SpokenSentence {
  /** `PART.CHANNEL.SENTENCE`, as in the server's addresses. */
  readonly key: string;
  readonly channel: number;
  readonly text: string;
  /** As a second hearing heard it, where that differs. */
  readonly revised?: string;
  readonly cleaned?: string;
  /** As the reader corrected it. */
  readonly correction?: string;
  readonly highlight: boolean;
  readonly language?: string | undefined;
  /** As the server translated it, by language. */
  readonly translations?: Readonly<Record<string, string>>;
  /** With times on the meeting's timeline; undefined where only the server has them. */
  readonly words?: readonly WireWord[];
  readonly revisedWords?: readonly WireWord[];
  /** On the meeting's timeline, which stops during pauses, ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A sentence that is still being spoken: `stable` stays, `tentative` may change. */
export interface OpenSentence {
  readonly key: string;
  readonly channel: number;
  readonly stable: string;
  readonly tentative: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A note of the reader: Markdown, and the moment at which it was begun. */
export interface MeetingNote {
  readonly id: string;
  readonly atMs: number;
  readonly text: string;
}

/** A statement of a summary, and the keys of the sentences that support it. */
export type SummaryClaim = KeptSummary['actions'][number];
export type MeetingSummary = Pick<KeptSummary, 'summary' | 'decisions' | 'actions'>;

/** Everything a page knows of one meeting. */
export interface Meeting {
  /** Made by the page, before a server knows of the meeting. */
  readonly id: string;
  /** Id of the transcript on the server, where it stores them. */
  readonly transcript?: string;
  readonly title: string;
  readonly startedAt: string;
  /** When the user confirmed that everybody knows of the transcription, ISO 8601. */
  readonly consentAt?: string;
  /** The same for audio that is kept. */
  readonly audioConsentAt?: string;
  readonly speakers: Readonly<Record<string, string>>;
  /** Number of sessions so far, including the running one. */
  readonly parts: number;
  /** In the order in which they began. */
  readonly sentences: readonly SpokenSentence[];
  readonly open: readonly OpenSentence[];
  /** Sorted by time. */
  readonly notes: readonly MeetingNote[];
  readonly summary?: MeetingSummary;
  /** Language of the sentence that became final first, and length of the sound, as a server stores them of this meeting. */
  readonly language?: string;
  readonly durationMs?: number;
  /** Audio that the server keeps of it. */
  readonly audio?: readonly StoredAudio[];
}

/** The place of a session in the meeting. */
export interface MeetingPart {
  readonly part: number;
  readonly fromMs: number;
}

/** Everything that can happen to a meeting. */
export type MeetingAction =
  | { readonly type: 'eventReceived'; readonly event: ServerEvent; readonly at: MeetingPart }
  /** The session is gone: its open sentences will not be finished. */
  | { readonly type: 'sessionLost' }
  | { readonly type: 'sessionStarted'; readonly part: number; readonly transcript?: string }
  | { readonly type: 'consentGiven'; readonly at: string; readonly isAudioKept: boolean }
  | { readonly type: 'titleChanged'; readonly title: string }
  | { readonly type: 'speakerRenamed'; readonly channel: number; readonly name: string }
  | { readonly type: 'sentenceCorrected'; readonly key: string; readonly correction: string | undefined }
  | { readonly type: 'sentenceHighlighted'; readonly key: string; readonly highlight: boolean }
  | { readonly type: 'noteSaved'; readonly note: MeetingNote }
  | { readonly type: 'noteDeleted'; readonly id: string }
  | { readonly type: 'summaryReceived'; readonly summary: MeetingSummary };

export const ME = 0;
export const THEM = 1;
const TITLE_CHARS_MAX = 200;
const NAME_CHARS_MAX = 60;

export function createMeeting(id: string, startedAt: string, title: string): Meeting {
  const speakers = { [ME]: 'Me', [THEM]: 'Them' };
  return { id, startedAt, title, speakers, parts: 0, sentences: [], open: [], notes: [] };
}

/** The meeting after an action; the same object when the action changes nothing. Pure. */
export function reduceMeeting(meeting: Meeting, action: MeetingAction): Meeting {
  switch (action.type) {
    case 'eventReceived':
      return applyEvent(meeting, action.event, action.at);
    case 'sessionLost':
      return meeting.open.reduce(finishOpen, meeting);
    case 'sessionStarted':
      return {
        ...meeting,
        parts: Math.max(meeting.parts, action.part),
        ...(action.transcript === undefined ? {} : { transcript: action.transcript }),
      };
    case 'consentGiven':
      if (meeting.consentAt !== undefined && (!action.isAudioKept || meeting.audioConsentAt !== undefined))
        return meeting;
      return {
        ...meeting,
        consentAt: meeting.consentAt ?? action.at,
        ...(action.isAudioKept ? { audioConsentAt: meeting.audioConsentAt ?? action.at } : {}),
      };
    case 'titleChanged': {
      const title = action.title.trim().slice(0, TITLE_CHARS_MAX);
      return title === '' || title === meeting.title ? meeting : { ...meeting, title };
    }
    case 'speakerRenamed': {
      const name = action.name.trim().slice(0, NAME_CHARS_MAX);
      if (name === '' || name === meeting.speakers[action.channel]) return meeting;
      return { ...meeting, speakers: { ...meeting.speakers, [action.channel]: name } };
    }
    case 'sentenceCorrected':
      return changeSentence(meeting, action.key, (sentence) => withCorrection(sentence, action.correction));
    case 'sentenceHighlighted':
      return changeSentence(meeting, action.key, (sentence) =>
        sentence.highlight === action.highlight ? sentence : { ...sentence, highlight: action.highlight },
      );
    case 'noteSaved':
      return { ...meeting, notes: withNote(meeting.notes, action.note) };
    case 'noteDeleted': {
      const notes = meeting.notes.filter(({ id }) => id !== action.id);
      return notes.length === meeting.notes.length ? meeting : { ...meeting, notes };
    }
    case 'summaryReceived':
      return { ...meeting, summary: action.summary };
  }
}

/** The text of a sentence as it is shown: corrected, else cleaned, else revised, else the first version. */
export const getDisplayedText = (sentence: SpokenSentence): string => getSentenceText(sentence);

export const getSpeakerName = (meeting: Meeting, channel: number): string =>
  toPrintable(meeting.speakers[channel] ?? `Speaker ${channel + 1}`);

/** The length of the sound where it is known, ms; at least up to the end of the last sentence. */
export const getDuration = (meeting: Meeting): number =>
  [...meeting.sentences, ...meeting.open].reduce((end, { toMs }) => Math.max(end, toMs), meeting.durationMs ?? 0);

export const findSentence = (meeting: Meeting, key: string): SpokenSentence | undefined =>
  meeting.sentences.find((sentence) => sentence.key === key);

function applyEvent(meeting: Meeting, event: ServerEvent, at: MeetingPart): Meeting {
  switch (event.type) {
    case 'partial':
    case 'final':
    case 'revised':
    case 'cleaned':
    case 'translated':
      return withText(meeting, event, at);
    // A server that stores the meeting takes its length from the same events.
    case 'flushed':
    case 'done':
      return withDuration(meeting, at.fromMs + event.audioMs);
    default:
      return meeting;
  }
}

function withText(
  meeting: Meeting,
  event: EventOf<'partial' | 'final' | 'revised' | 'cleaned' | 'translated'>,
  at: MeetingPart,
): Meeting {
  const key = toKey(at, event);
  const { change } = computeUpdate(findSentenceText(meeting, key), event);
  switch (event.type) {
    case 'partial': {
      // Sent again after a reload: the sentence is finished already.
      if (change === undefined) return meeting;
      const { channel, stable, tentative } = event;
      const open = { key, channel, stable, tentative, ...shiftTimes(event, at) };
      return { ...meeting, open: [...meeting.open.filter((other) => other.key !== key), open] };
    }
    case 'final': {
      const { channel, text, language } = event;
      const words = event.words.map((word) => ({ ...word, ...shiftTimes(word, at) }));
      return finish(meeting, { key, channel, text, language, highlight: false, words, ...shiftTimes(event, at) });
    }
    case 'revised': {
      if (change === undefined) return meeting;
      const revisedWords = event.words.map((word) => ({ ...word, ...shiftTimes(word, at) }));
      // The cleaning so far was of other words.
      return changeSentence(meeting, key, ({ cleaned: _, ...sentence }) => ({
        ...sentence,
        ...{ revised: event.text, revisedWords },
      }));
    }
    case 'cleaned':
      return changeSentence(meeting, key, (sentence) =>
        sentence.cleaned === event.text ? sentence : { ...sentence, cleaned: event.text },
      );
    case 'translated':
      return changeSentence(meeting, key, (sentence) =>
        change?.translations === undefined || getOwnEntry(sentence.translations ?? {}, event.language) === event.text
          ? sentence
          : { ...sentence, translations: change.translations },
      );
  }
}

/** The state of a sentence in the terms of `computeUpdate`. */
function findSentenceText(meeting: Meeting, key: string): SentenceText | undefined {
  const sentence = findSentence(meeting, key);
  if (sentence !== undefined)
    return {
      ...EMPTY_SENTENCE,
      ...{ stable: sentence.text, final: true, translations: sentence.translations ?? {} },
      ...{ revised: sentence.revised, cleaned: sentence.cleaned },
    };
  const open = meeting.open.find((other) => other.key === key);
  return open && { ...EMPTY_SENTENCE, stable: open.stable, tentative: open.tentative };
}

const shiftTimes = (
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  at: MeetingPart,
): { readonly fromMs: number; readonly toMs: number } => ({ fromMs: fromMs + at.fromMs, toMs: toMs + at.fromMs });

function withDuration(meeting: Meeting, durationMs: number): Meeting {
  return durationMs > (meeting.durationMs ?? 0) ? { ...meeting, durationMs } : meeting;
}

/** Finishes an open sentence with the text that was on screen. */
function finishOpen(meeting: Meeting, { stable, tentative, ...rest }: OpenSentence): Meeting {
  const text = (stable + tentative).trim();
  if (text === '') return { ...meeting, open: meeting.open.filter(({ key }) => key !== rest.key) };
  return finish(meeting, { ...rest, text, highlight: false });
}

/** Adds a finished sentence, once: one that is sent again changes nothing. */
function finish(meeting: Meeting, sentence: SpokenSentence): Meeting {
  const open = meeting.open.filter(({ key }) => key !== sentence.key);
  if (findSentence(meeting, sentence.key) !== undefined)
    return open.length === meeting.open.length ? meeting : { ...meeting, open };
  const sentences = [...meeting.sentences];
  sentences.splice(findInsertionIndex(sentences, sentence), 0, sentence);
  const language = meeting.language || sentence.language;
  return { ...meeting, open, sentences, ...(language === undefined ? {} : { language }) };
}

/** Sentences are sorted by their beginnings, because two people may speak at once and end in another order. */
function findInsertionIndex(sentences: readonly SpokenSentence[], { fromMs }: SpokenSentence): number {
  let place = sentences.length;
  while (place > 0 && sentences[place - 1]!.fromMs > fromMs) place--;
  return place;
}

function changeSentence(meeting: Meeting, key: string, make: (sentence: SpokenSentence) => SpokenSentence): Meeting {
  const place = meeting.sentences.findIndex((sentence) => sentence.key === key);
  const sentence = meeting.sentences[place];
  if (sentence === undefined) return meeting;
  const changed = make(sentence);
  return changed === sentence ? meeting : { ...meeting, sentences: meeting.sentences.with(place, changed) };
}

/** Applies a correction. One that equals the text without it removes it. */
function withCorrection(
  { correction: _, ...sentence }: SpokenSentence,
  correction: string | undefined,
): SpokenSentence {
  const text = correction?.trim();
  if (text === undefined || text === '' || text === getDisplayedText(sentence)) return sentence;
  return { ...sentence, correction: text };
}

function withNote(notes: readonly MeetingNote[], note: MeetingNote): MeetingNote[] {
  return [...notes.filter(({ id }) => id !== note.id), note].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
}

const toKey = ({ part }: MeetingPart, id: { readonly channel: number; readonly sentence: number }): string =>
  formatSentenceName({ part, channel: id.channel, sentence: id.sentence });
