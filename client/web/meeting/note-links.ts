import type { Meeting, MeetingNote, SpokenSentence } from './meeting-state.ts';

/** Somebody writes down what was said a little before: so much time lies between hearing and writing, ms. */
const WRITING_MS = 15_000;

/**
 * The sentence a note belongs to: the one that was being said at its moment, or the last one before it. Undefined when
 * nothing had been said yet.
 */
export function findSentenceAt(sentences: readonly SpokenSentence[], atMs: number): SpokenSentence | undefined {
  let low = 0;
  let high = sentences.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sentences[middle]!.fromMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return sentences[low - 1];
}

/** How many notes hang on each sentence, by key. */
export function countNotesBySentence(
  meeting: Pick<Meeting, 'sentences' | 'notes'>,
): ReadonlyMap<string, readonly MeetingNote[]> {
  const linked = new Map<string, MeetingNote[]>();
  for (const note of meeting.notes) {
    const said = findSentenceAt(meeting.sentences, note.atMs);
    if (said === undefined) continue;
    linked.set(said.key, [...(linked.get(said.key) ?? []), note]);
  }
  return linked;
}

/** Whether a note was written while its sentence was said or soon after; a later one stands alone. */
export const isNearSentence = (said: SpokenSentence, { atMs }: MeetingNote): boolean => atMs - said.toMs <= WRITING_MS;
