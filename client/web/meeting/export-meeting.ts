import type { StoredTranscript } from '../../../protocol/transcripts.ts';
import { type ExportFormat, exportTranscript } from '../../../transcript/export.ts';
import type { TextForm } from '../../../transcript/wanted-form.ts';
import { getDuration, type Meeting } from './meeting-state.ts';

export const FORMAT_NAMES: Readonly<Record<ExportFormat, string>> = {
  md: 'Markdown (.md)',
  html: 'For Word (.html)',
  txt: 'Text (.txt)',
  srt: 'Captions (.srt)',
  vtt: 'Captions (.vtt)',
  json: 'Everything (.json)',
};

/** Exports a meeting, byte for byte as a server that stores the same one. */
export function exportMeeting(meeting: Meeting, format: ExportFormat, form: TextForm = 'cleaned'): string {
  const words = new Map(meeting.sentences.map(({ key, words = [] }) => [key, words]));
  const revisedWords = new Map(
    meeting.sentences.flatMap(({ key, revisedWords }) => (revisedWords === undefined ? [] : [[key, revisedWords]])),
  );
  return exportTranscript(format, { transcript: toStoredTranscript(meeting), words, revisedWords }, form);
}

/** This meeting as a server would store it. */
function toStoredTranscript(meeting: Meeting): StoredTranscript {
  const { id, transcript = id, title, startedAt, speakers, notes, summary } = meeting;
  const language = meeting.language || meeting.sentences.find((sentence) => sentence.language)?.language || '';
  const sentences = meeting.sentences.map(({ key, words: _, revisedWords: __, ...rest }) => {
    const [part, , sentence] = key.split('.').map(Number);
    return { ...rest, part: part!, sentence: sentence!, language: rest.language ?? language };
  });
  return {
    ...{ id: transcript, title, startedAt, language, speakers, sentences },
    // Notes are sent to servers in whole milliseconds.
    notes: notes.map((note) => ({ ...note, atMs: Math.round(note.atMs) })),
    durationMs: getDuration(meeting),
    // The page has no summary of its own: one that is here came from a server, with all fields.
    ...(summary === undefined ? {} : { summary: summary as NonNullable<StoredTranscript['summary']> }),
  };
}
