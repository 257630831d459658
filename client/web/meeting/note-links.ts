import type { Meeting, MeetingNote, SpokenSentence } from './meeting-state.ts';

/** How long after a sentence a note still refers to it, ms: people write down what was said a little earlier. */
const WRITING_MS = 15_000;

/**
 * The sentence that a note at `atMs` belongs to: the one being spoken then, or the last one before it. Undefined when nothing had
 * been said yet.
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

/** The notes that belong to each sentence, by its key. */
export function groupNotesBySentence(
  meeting: Pick<Meeting, 'sentences' | 'notes'>,
): ReadonlyMap<string, readonly MeetingNote[]> {
  const linked = new Map<string, MeetingNote[]>();
  for (const note of meeting.notes) {
    const sentence = findSentenceAt(meeting.sentences, note.atMs);
    if (sentence === undefined) continue;
    linked.set(sentence.key, [...(linked.get(sentence.key) ?? []), note]);
  }
  return linked;
}

/** Whether a note was written while its sentence was being spoken or soon after. A later note stands alone. */
export const isNearSentence = (sentence: SpokenSentence, { atMs }: MeetingNote): boolean =>
  atMs - sentence.toMs <= WRITING_MS;
