import { toPrintable, toPrintableLines } from '../protocol/printable.ts';
import type { StoredNote, StoredSentence, StoredTranscript } from '../protocol/transcripts.ts';
import { formatClockTime } from './cues.ts';
import { formatSentenceName, getSentenceText } from './sentence-text.ts';

/** One line of a transcript as it is read: something said, or a note somebody made meanwhile. */
export type TranscriptLine =
  | {
      readonly kind: 'said';
      readonly sentence: StoredSentence;
      readonly text: string;
      readonly speaker: string | undefined;
    }
  | { readonly kind: 'note'; readonly note: StoredNote };

/**
 * Everything in its place by time, notes before what was said at the same moment; sentences that read empty are left
 * out. Texts and names of speakers are printable.
 */
export function buildTranscriptLines({ sentences, notes, speakers }: StoredTranscript): TranscriptLine[] {
  const many = new Set(sentences.map(({ channel }) => channel)).size > 1;
  const said = sentences
    .map((sentence) => ({
      kind: 'said' as const,
      sentence,
      text: toPrintable(getSentenceText(sentence)).trim(),
      speaker: toPrintable(speakers[sentence.channel] ?? '') || (many ? `Speaker ${sentence.channel + 1}` : undefined),
    }))
    .filter(({ text }) => text !== '');
  const lines: TranscriptLine[] = [
    ...notes.map((note) => ({ kind: 'note' as const, note: { ...note, text: toPrintableLines(note.text) } })),
    ...said,
  ];
  // The sort is stable, so that sentences that begin at once keep their order.
  return lines.sort((a, b) => momentOf(a) - momentOf(b));
}

const momentOf = (line: TranscriptLine): number => (line.kind === 'note' ? line.note.atMs : line.sentence.fromMs);

/** `25 November 2026, 17:44 UTC · 1:02:03`, without a locale that differs from machine to machine. */
export function formatDateLine({ startedAt, durationMs }: Pick<StoredTranscript, 'startedAt' | 'durationMs'>): string {
  return `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)} UTC · ${formatClockTime(durationMs)}`;
}

/** Names and times of the sentences a claim rests on, for people: `00:01:02`. */
export function formatCitations(from: readonly string[], { sentences }: StoredTranscript): string {
  const byName = new Map(sentences.map((sentence) => [formatSentenceName(sentence), sentence.fromMs]));
  return from
    .map((name) => byName.get(name))
    .filter((fromMs) => fromMs !== undefined)
    .map(formatClockTime)
    .join(', ');
}
