import { type AudioFormat, BYTES_PER_SAMPLE } from '../../protocol/index.ts';
import { languageOf } from '../core/session/settings-of.ts';
import type { LeftJournal } from '../ports/store.ts';
import type { Journals } from './journals.ts';
import { LiveSession, type SessionParts } from './live-session.ts';
import { type Recalled, recall } from './session-journal.ts';

const frameBytesOf = ({ encoding, channels }: AudioFormat): number => BYTES_PER_SAMPLE[encoding] * channels;

/**
 * Takes up the sessions an earlier process left: each waits for its client as after a lost connection. What cannot be
 * read, or waited too long already, is removed. Returns how many go on.
 */
export function restoreSessions(journals: Journals, parts: SessionParts): number {
  let restored = 0;
  for (const left of journals.left()) if (restore(left, journals, parts)) restored++;
  if (restored > 0) parts.log.warn({ sessions: restored }, 'sessions of an earlier run go on');
  return restored;
}

function restore(left: LeftJournal, journals: Journals, parts: SessionParts): boolean {
  const { session, ageMs, journal } = left;
  const drop = (text: string, fields: object = {}): boolean => {
    parts.log.warn({ session, ...fields }, text);
    journal.remove();
    return false;
  };
  if (ageMs > parts.resumeGraceMs) return drop('a session of an earlier run waited too long and is removed', { ageMs });
  try {
    const recalled = recall(left.entries, frameBytesOf);
    if (recalled === undefined || recalled.birth.session !== session)
      return drop('a journal cannot be read and is removed');
    // Another model may run now.
    languageOf(recalled.standing.driver.core.settings.language, parts.offer);
    open(recalled, journals.again(left, recalled.birth, frameBytesOf(recalled.birth.audio)), parts);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return drop('a session of an earlier run cannot go on and is removed', { code: code ?? message });
  }
}

function open(recalled: Recalled, journal: ReturnType<Journals['again']>, parts: SessionParts): void {
  const { key, address } = recalled.birth;
  // Until its client is back nothing new is heard, so nobody has to be charged.
  const caller = { key, sessionsMax: undefined, quota: { minutes: 0 }, heard: () => true };
  const session = new LiveSession({ ...recalled, journal }, undefined, parts, { caller, address });
  parts.registry.open(session);
  parts.meter.opened(parts.registry.size);
  session.wait();
}
