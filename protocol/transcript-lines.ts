import { clock } from './cues.ts';
import { printable, printableLines } from './printable.ts';
import { readingOf, sentenceName } from './reading.ts';
import type { KeptNote, KeptSentence, KeptTranscript } from './transcripts.ts';

/** One line of a transcript as it is read: something said, or a note somebody made meanwhile. */
export type Line =
  | {
      readonly kind: 'said';
      readonly sentence: KeptSentence;
      readonly text: string;
      readonly speaker: string | undefined;
    }
  | { readonly kind: 'note'; readonly note: KeptNote };

/**
 * Everything in its place by time, notes before what was said at the same moment; sentences that read empty are left
 * out. Texts and names of speakers are printable.
 */
export function linesOf({ sentences, notes, speakers }: KeptTranscript): Line[] {
  const many = new Set(sentences.map(({ channel }) => channel)).size > 1;
  const said = sentences
    .map((sentence) => ({
      kind: 'said' as const,
      sentence,
      text: printable(readingOf(sentence)).trim(),
      speaker: printable(speakers[sentence.channel] ?? '') || (many ? `Speaker ${sentence.channel + 1}` : undefined),
    }))
    .filter(({ text }) => text !== '');
  const lines: Line[] = [
    ...notes.map((note) => ({ kind: 'note' as const, note: { ...note, text: printableLines(note.text) } })),
    ...said,
  ];
  // The sort is stable, so that sentences that begin at once keep their order.
  return lines.sort((a, b) => momentOf(a) - momentOf(b));
}

const momentOf = (line: Line): number => (line.kind === 'note' ? line.note.atMs : line.sentence.fromMs);

/** `25 November 2026, 17:44 UTC · 1:02:03`, without a locale that differs from machine to machine. */
export function dateLine({ startedAt, durationMs }: Pick<KeptTranscript, 'startedAt' | 'durationMs'>): string {
  return `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)} UTC · ${clock(durationMs)}`;
}

/** Names and times of the sentences a claim rests on, for people: `00:01:02`. */
export function restingOn(from: readonly string[], { sentences }: KeptTranscript): string {
  const byName = new Map(sentences.map((sentence) => [sentenceName(sentence), sentence.fromMs]));
  return from
    .map((name) => byName.get(name))
    .filter((fromMs) => fromMs !== undefined)
    .map(clock)
    .join(', ');
}
