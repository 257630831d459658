import { toPrintable, toPrintableLines } from '../protocol/printable.ts';
import type { StoredNote, StoredSentence, StoredTranscript } from '../protocol/transcripts.ts';
import { formatClockTime } from './cues.ts';
import { formatSentenceName, getSentenceText } from './sentence-text.ts';
import type { TextForm } from './wanted-form.ts';

/** One line of a transcript as it is read: a sentence, or a note that somebody made meanwhile. */
export type TranscriptLine =
  | {
      readonly kind: 'sentence';
      readonly sentence: StoredSentence;
      readonly text: string;
      readonly speaker: string | undefined;
    }
  | { readonly kind: 'note'; readonly note: StoredNote };

/**
 * Sorts sentences and notes by time, a note before a sentence of the same moment. Sentences without text are left out. Texts
 * and names of speakers are printable.
 */
export function buildTranscriptLines(
  { sentences, notes, speakers }: StoredTranscript,
  form: TextForm = 'cleaned',
): TranscriptLine[] {
  const hasSeveralChannels = new Set(sentences.map(({ channel }) => channel)).size > 1;
  const spoken = sentences
    .map((sentence) => ({
      kind: 'sentence' as const,
      sentence,
      text: toPrintable(getSentenceText(sentence, form)).trim(),
      speaker:
        toPrintable(speakers[sentence.channel] ?? '') ||
        (hasSeveralChannels ? `Speaker ${sentence.channel + 1}` : undefined),
    }))
    .filter(({ text }) => text !== '');
  const lines: TranscriptLine[] = [
    ...notes.map((note) => ({ kind: 'note' as const, note: { ...note, text: toPrintableLines(note.text) } })),
    ...spoken,
  ];
  // The sort is stable, so sentences that begin at the same time keep their order.
  return lines.sort((a, b) => getTime(a) - getTime(b));
}

const getTime = (line: TranscriptLine): number => (line.kind === 'note' ? line.note.atMs : line.sentence.fromMs);

/** `2026-11-25 17:44 UTC · 01:02:03`: no locale, so that it is the same on every machine. */
export function formatDateLine({ startedAt, durationMs }: Pick<StoredTranscript, 'startedAt' | 'durationMs'>): string {
  return `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)} UTC · ${formatClockTime(durationMs)}`;
}

/** Times of the sentences that support a claim, for people: `00:01:02, 00:01:09`. */
export function formatCitations(from: readonly string[], { sentences }: StoredTranscript): string {
  const byName = new Map(sentences.map((sentence) => [formatSentenceName(sentence), sentence.fromMs]));
  return from
    .map((name) => byName.get(name))
    .filter((fromMs) => fromMs !== undefined)
    .map(formatClockTime)
    .join(', ');
}
