import { getOwnEntry, toPrintableJson, type ViewerEvent } from '../../protocol/index.ts';
import {
  EXPORT_TYPES,
  renderSentences,
  type Sentence,
  SentenceFold,
  selectDisplayedText,
  type WantedForm,
} from '../../transcript/index.ts';

/** Formats of a room's text, with their content types. */
export const ROOM_TEXT_TYPES = (({ txt, md, json, srt, vtt }) => ({ txt, md, json, srt, vtt }))(EXPORT_TYPES);
export type RoomTextFormat = keyof typeof ROOM_TEXT_TYPES;

/** Sentences that were not translated stand as they were spoken. */
export interface RoomTextRequest extends WantedForm {
  readonly format: RoomTextFormat;
}

/** A sentence with its place on the room's own time line, which begins with the room's first session, ms. */
interface PlacedSentence {
  readonly sentence: Sentence;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The text that is kept of a room as a file, in the order in which it was spoken. */
export function renderRoomText(events: readonly ViewerEvent[], { format, ...wanted }: RoomTextRequest): string {
  const sentences = placeSentences(events);
  if (format === 'json') return `${toPrintableJson(sentences.map(toRow), 2)}\n`;
  return renderSentences(
    format,
    sentences.map(({ sentence, fromMs, toMs }) => {
      const shift = fromMs - sentence.fromMs;
      const isRevised = wanted.text !== 'raw' && sentence.revised !== undefined;
      const words = (isRevised ? sentence.revisedWords : sentence.words).map((word) => ({
        text: word.text,
        fromMs: word.fromMs + shift,
        toMs: word.toMs + shift,
      }));
      const isTranslated = getOwnEntry(sentence.translations, wanted.translate ?? '') !== undefined;
      const language = isTranslated ? wanted.translate : sentence.language;
      return { text: selectDisplayedText(sentence, wanted), fromMs, toMs, words, language };
    }),
  );
}

function placeSentences(events: readonly ViewerEvent[]): PlacedSentence[] {
  const fold = new SentenceFold();
  for (const event of events) fold.read(event);
  const finals = [...fold.sentences].filter(({ final }) => final);
  const begins = computeBeginnings(finals);
  const first = Math.min(...begins.values());
  return finals
    .map((sentence) => {
      const offset = begins.get(sentence.session)! - first;
      return { sentence, fromMs: offset + sentence.fromMs, toMs: offset + sentence.toMs };
    })
    .sort((a, b) => a.fromMs - b.fromMs || a.sentence.cursor! - b.sentence.cursor!);
}

/** Wall time at which each session's audio began, as near as its promptest final tells, ms since 1970. */
function computeBeginnings(finals: readonly Sentence[]): Map<string, number> {
  const begins = new Map<string, number>();
  for (const { session, atMs, toMs } of finals)
    begins.set(session, Math.min(begins.get(session) ?? Number.POSITIVE_INFINITY, atMs! - toMs));
  return begins;
}

function toRow({ sentence, fromMs, toMs }: PlacedSentence): object {
  const { session, channel, number, language, atMs, stable, revised, cleaned, translations, words } = sentence;
  return {
    ...{ session, channel, sentence: number, language, fromMs, toMs, atMs },
    ...{ text: stable, revised, cleaned, translated: translations, words },
    ...(revised === undefined ? {} : { revisedWords: sentence.revisedWords }),
  };
}
