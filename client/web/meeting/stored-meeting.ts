import type { StoredTranscript } from '../../../protocol/transcripts.ts';
import { createMeeting, type Meeting } from './meeting-state.ts';

/** Converts a transcript stored on the server into a meeting. */
export function toMeeting(stored: StoredTranscript): Meeting {
  const sentences = stored.sentences.map(({ part, sentence, ...rest }) => {
    const { text, revised, cleaned, correction, translations, highlight, language, channel, fromMs, toMs } = rest;
    return {
      key: `${part}.${channel}.${sentence}`,
      ...{ channel, text, highlight, language, fromMs, toMs },
      ...(revised === undefined ? {} : { revised }),
      ...(cleaned === undefined ? {} : { cleaned }),
      ...(correction === undefined ? {} : { correction }),
      ...(translations === undefined ? {} : { translations }),
    };
  });
  const base = createMeeting(stored.id, stored.startedAt, stored.title);
  return {
    ...base,
    ...{ transcript: stored.id, sentences, consentAt: stored.startedAt },
    speakers: { ...base.speakers, ...stored.speakers },
    notes: [...stored.notes].sort((a, b) => a.atMs - b.atMs),
    parts: stored.sentences.reduce((most, { part }) => Math.max(most, part), 0),
    ...{ language: stored.language, durationMs: stored.durationMs },
    ...(stored.summary === undefined ? {} : { summary: stored.summary }),
    ...(stored.audio === undefined ? {} : { audio: stored.audio, audioConsentAt: stored.startedAt }),
  };
}

/**
 * Merges the server's version of a meeting with the changes in this browser that were not sent yet. Sentences that only the
 * browser has were on screen when a session broke off; they stay, unless the server finished them.
 */
export function mergeMeetings(stored: Meeting, local: Meeting, unsent: readonly string[]): Meeting {
  const known = new Set(stored.sentences.map(({ key }) => key));
  const mine = new Map(local.sentences.map((sentence) => [sentence.key, sentence]));
  const edited = new Set(unsent);
  const sentences = [
    ...stored.sentences.map((sentence) => {
      const own = mine.get(sentence.key);
      if (own === undefined) return sentence;
      // The server's sentences come without their words.
      const { words, revisedWords } = own;
      const timed = {
        ...sentence,
        ...(words === undefined ? {} : { words }),
        ...(revisedWords === undefined || own.revised !== sentence.revised ? {} : { revisedWords }),
      };
      if (!edited.has(`sentence:${sentence.key}`)) return timed;
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
    ...stored.notes.filter(({ id }) => !edited.has(`noteDeletion:${id}`) && !edited.has(`note:${id}`)),
    ...local.notes.filter(({ id }) => edited.has(`note:${id}`)),
  ].sort((a, b) => a.atMs - b.atMs);
  const head = edited.has('details') ? { title: local.title, speakers: local.speakers } : {};
  const { id, consentAt = stored.startedAt, audioConsentAt = stored.audioConsentAt } = local;
  return {
    ...{ ...stored, ...head, id, consentAt, sentences, notes },
    ...(audioConsentAt === undefined ? {} : { audioConsentAt }),
    parts: Math.max(stored.parts, local.parts),
    durationMs: Math.max(stored.durationMs ?? 0, local.durationMs ?? 0),
  };
}
