import type { StoredTranscript } from '../../../protocol/transcripts.ts';
import { createMeeting, type Meeting } from './meeting-state.ts';

/** Converts a transcript stored on the server into a meeting. */
export function toMeeting(kept: StoredTranscript): Meeting {
  const sentences = kept.sentences.map(({ part, sentence, ...said }) => {
    const { text, cleaned, correction, translations, highlight, language, channel, fromMs, toMs } = said;
    return {
      key: `${part}.${channel}.${sentence}`,
      ...{ channel, text, highlight, language, fromMs, toMs },
      ...(cleaned === undefined ? {} : { cleaned }),
      ...(correction === undefined ? {} : { correction }),
      ...(translations === undefined ? {} : { translations }),
    };
  });
  const base = createMeeting(kept.id, kept.startedAt, kept.title);
  return {
    ...base,
    ...{ transcript: kept.id, sentences, consentAt: kept.startedAt },
    speakers: { ...base.speakers, ...kept.speakers },
    notes: [...kept.notes].sort((a, b) => a.atMs - b.atMs),
    parts: kept.sentences.reduce((most, { part }) => Math.max(most, part), 0),
    ...{ language: kept.language, durationMs: kept.durationMs },
    ...(kept.summary === undefined ? {} : { summary: kept.summary }),
  };
}

/**
 * Merges the server's version of a meeting with the changes in this browser that were not sent yet. Sentences that only the
 * browser has were on screen when a session broke off; they stay, unless the server finished them.
 */
export function mergeMeetings(kept: Meeting, local: Meeting, unsent: readonly string[]): Meeting {
  const known = new Set(kept.sentences.map(({ key }) => key));
  const mine = new Map(local.sentences.map((said) => [said.key, said]));
  const edited = new Set(unsent);
  const sentences = [
    ...kept.sentences.map((said) => {
      const own = mine.get(said.key);
      if (own === undefined) return said;
      // The server's sentences come without their words.
      const timed = own.words === undefined ? said : { ...said, words: own.words };
      if (!edited.has(`said:${said.key}`)) return timed;
      const { correction: _, ...rest } = timed;
      return {
        ...rest,
        highlight: own.highlight,
        ...(own.correction === undefined ? {} : { correction: own.correction }),
      };
    }),
    ...local.sentences.filter(({ key }) => !known.has(key)),
  ].sort((a, b) => a.fromMs - b.fromMs);
  const notes = [
    ...kept.notes.filter(({ id }) => !edited.has(`gone:${id}`) && !edited.has(`note:${id}`)),
    ...local.notes.filter(({ id }) => edited.has(`note:${id}`)),
  ].sort((a, b) => a.atMs - b.atMs);
  const head = edited.has('head') ? { title: local.title, speakers: local.speakers } : {};
  const { id, consentAt = kept.startedAt } = local;
  return { ...kept, ...head, id, consentAt, sentences, notes, parts: Math.max(kept.parts, local.parts) };
}
