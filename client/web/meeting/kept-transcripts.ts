import type { KeptTranscript } from '../../../protocol/transcripts.ts';
import { Transcripts } from '../../sdk/transcripts.ts';
import { Entry } from '../entry/entry.ts';
import type { Meeting } from './meeting-state.ts';
import { newMeeting } from './meeting-state.ts';
import type { Parcel } from './outgoing.ts';

/** How this page is let in. */
export const entry = new Entry({ hash: 'speaker' });
/** What the server this page came from keeps. */
export const transcripts = new Transcripts({ url: location.origin, credential: () => entry.credential() });

export function meetingOf(kept: KeptTranscript): Meeting {
  const sentences = kept.sentences.map(({ part, sentence, ...said }) => {
    const { text, cleaned, correction, highlight, language, channel, fromMs, toMs } = said;
    return {
      key: `${part}.${channel}.${sentence}`,
      ...{ channel, text, highlight, language, fromMs, toMs },
      ...(cleaned === undefined ? {} : { cleaned }),
      ...(correction === undefined ? {} : { correction }),
    };
  });
  const base = newMeeting(kept.id, kept.startedAt, kept.title);
  return {
    ...base,
    ...{ transcript: kept.id, sentences, consentAt: kept.startedAt },
    speakers: { ...base.speakers, ...kept.speakers },
    notes: [...kept.notes].sort((a, b) => a.atMs - b.atMs),
    parts: kept.sentences.reduce((most, { part }) => Math.max(most, part), 0),
    ...(kept.summary === undefined ? {} : { summary: kept.summary }),
  };
}

/**
 * What the server keeps, with what this browser did and the server has not been told yet. Sentences only the browser has
 * were on screen when a session broke; they stay, unless the server finished them.
 */
export function merged(kept: Meeting, local: Meeting, unsent: readonly string[]): Meeting {
  const known = new Set(kept.sentences.map(({ key }) => key));
  const mine = new Map(local.sentences.map((said) => [said.key, said]));
  const edited = new Set(unsent);
  const sentences = [
    ...kept.sentences.map((said) => {
      const own = mine.get(said.key);
      if (own === undefined || !edited.has(`said:${said.key}`)) return said;
      const { correction: _, ...rest } = said;
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

/** Brings one parcel to its address. */
export function deliver(transcript: string, parcel: Parcel): Promise<void> {
  switch (parcel.what) {
    case 'head':
      return transcripts.change(transcript, { title: parcel.title, speakers: parcel.speakers });
    case 'said':
      return transcripts.mark(transcript, parcel.key, { correction: parcel.correction, highlight: parcel.highlight });
    case 'note':
      return transcripts.note(transcript, parcel.id, { atMs: Math.round(parcel.atMs), text: parcel.text });
    case 'gone':
      return transcripts.unnote(transcript, parcel.id);
  }
}
