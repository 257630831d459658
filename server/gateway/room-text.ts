import {
  getOwnEntry,
  toPrintable,
  toPrintableJson,
  type ViewerEvent,
  type ViewerEventOf,
} from '../../protocol/index.ts';
import { buildCues, formatClockTime, renderSrt, renderVtt } from '../../transcript/index.ts';

/** Content types of the forms a room's text can be had in. */
export const ROOM_TEXT_TYPES = {
  txt: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  json: 'application/json',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
} as const;
export type RoomTextFormat = keyof typeof ROOM_TEXT_TYPES;

export interface RoomTextRequest {
  readonly format: RoomTextFormat;
  readonly text: 'cleaned' | 'raw';
  /** A language; sentences that were not translated stand as they were spoken. */
  readonly translate?: string | undefined;
}

/** One sentence with all that was told of it. */
export interface RoomSentence {
  readonly final: ViewerEventOf<'final'>;
  /** On the room's own time line, which begins with its first session, ms. */
  readonly fromMs: number;
  readonly toMs: number;
  cleaned: string | undefined;
  readonly translated: Record<string, string>;
}

/** What is kept of a room, sentence by sentence, in the order they were spoken. */
export function foldRoomSentences(events: readonly ViewerEvent[]): RoomSentence[] {
  const begins = beginnings(events);
  const first = Math.min(...begins.values());
  const sentences = new Map<string, RoomSentence>();
  for (const event of events) {
    if (event.type !== 'final' && event.type !== 'cleaned' && event.type !== 'translated') continue;
    const key = `${event.session} ${event.channel} ${event.sentence}`;
    if (event.type === 'final') {
      const offset = begins.get(event.session)! - first;
      const times = { fromMs: offset + event.fromMs, toMs: offset + event.toMs };
      sentences.set(key, { final: event, ...times, cleaned: undefined, translated: {} });
      continue;
    }
    const sentence = sentences.get(key);
    if (sentence === undefined) continue;
    if (event.type === 'cleaned') sentence.cleaned = event.text;
    else sentence.translated[event.language] = event.text;
  }
  return [...sentences.values()].sort((a, b) => a.fromMs - b.fromMs || a.final.cursor - b.final.cursor);
}

export function renderRoomText(events: readonly ViewerEvent[], { format, text, translate }: RoomTextRequest): string {
  const sentences = foldRoomSentences(events);
  if (format === 'json') return `${toPrintableJson(sentences.map(row), 2)}\n`;
  const spoken = sentences
    .map(({ final, fromMs, toMs, cleaned, translated }) => {
      const own = text === 'cleaned' ? (cleaned ?? final.text) : final.text;
      const shift = fromMs - final.fromMs;
      const words = (final.words ?? []).map((word) => ({
        text: word.text,
        fromMs: word.fromMs + shift,
        toMs: word.toMs + shift,
      }));
      return {
        text: toPrintable((translate && getOwnEntry(translated, translate)) ?? own).trim(),
        fromMs,
        toMs,
        words,
      };
    })
    .filter((each) => each.text !== '');
  switch (format) {
    case 'txt':
      return spoken.map((each) => `${each.text}\n`).join('');
    case 'md':
      return spoken.map((each) => `**${formatClockTime(each.fromMs)}** ${each.text}\n\n`).join('');
    case 'srt':
      return renderSrt(buildCues(spoken));
    case 'vtt':
      return renderVtt(buildCues(spoken));
  }
}

function row({ final, fromMs, toMs, cleaned, translated }: RoomSentence): object {
  const { session, channel, sentence, language, atMs, text, words } = final;
  return { session, channel, sentence, language, fromMs, toMs, atMs, text, cleaned, translated, words };
}

/** Wall time at which each session's audio began, as near as its promptest final tells. */
function beginnings(events: readonly ViewerEvent[]): Map<string, number> {
  const begins = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'final') continue;
    begins.set(event.session, Math.min(begins.get(event.session) ?? Number.POSITIVE_INFINITY, event.atMs - event.toMs));
  }
  return begins;
}
