import { EXPORTS, type ExportFormat, exportAs } from '../../../protocol/export.ts';
import type { KeptTranscript } from '../../../protocol/transcripts.ts';
import { lengthOf, type Meeting } from './meeting-state.ts';

export const FORMATS = EXPORTS;
export type Format = ExportFormat;

export const FORMAT_NAMES: Readonly<Record<Format, string>> = {
  md: 'Markdown (.md)',
  html: 'For Word (.html)',
  txt: 'Text (.txt)',
  srt: 'Captions (.srt)',
  vtt: 'Captions (.vtt)',
  json: 'Everything (.json)',
};

/** Writes a meeting, byte for byte as a server writes it that keeps the same one. */
export function writeMeeting(meeting: Meeting, format: Format): string {
  const words = new Map(meeting.sentences.map(({ key, words = [] }) => [key, words]));
  return exportAs(format, { transcript: transcriptOf(meeting), words });
}

/** What a server would keep of this meeting. */
function transcriptOf(meeting: Meeting): KeptTranscript {
  const { id, transcript = id, title, startedAt, speakers, notes, summary } = meeting;
  const language = meeting.language ?? meeting.sentences.find((said) => said.language)?.language ?? '';
  const sentences = meeting.sentences.map(({ key, words: _, ...said }) => {
    const [part, , sentence] = key.split('.').map(Number);
    return { ...said, part: part!, sentence: sentence!, language: said.language ?? language };
  });
  return {
    ...{ id: transcript, title, startedAt, language, speakers, sentences, notes: [...notes] },
    durationMs: Math.max(lengthOf(meeting), meeting.durationMs ?? 0),
    // A page that wrote none has no name of a model either.
    ...(summary === undefined ? {} : { summary: summary as NonNullable<KeptTranscript['summary']> }),
  };
}
