import { type AudioFormat, BYTES_PER_SAMPLE } from '../../protocol/index.ts';
import { resolveLanguage } from '../core/session/resolve-settings.ts';
import type { LeftoverJournal } from '../ports/journal-store.ts';
import type { Journals } from './journals.ts';
import { LiveSession, type SessionParts } from './live-session.ts';
import { type RestoredJournal, readJournal } from './session-journal.ts';
import { resolveOrigin } from './session-origin.ts';

const frameBytesOf = ({ encoding, channels }: AudioFormat): number => BYTES_PER_SAMPLE[encoding] * channels;

/** Processes that may die of a session before it is set aside. */
const TRIES_MAX = 2;
/** A session that has caught up, or that the process has lived with for so long, is not what ends processes, ms. */
const STANDS_AFTER_MS = 2_000;
const LOOK_EVERY_MS = 20;

/**
 * Takes up the sessions an earlier process left: each waits for its client as after a lost connection. What cannot be
 * read, or waited too long already, is removed.
 *
 * A process that ends before a session it took up stands may have died of it. Such sessions are taken up after all others
 * and one at a time, so that only the culprit is tried again, and after two tries that one is set aside. Clients that ask
 * for one meanwhile are told to wait.
 */
export function restoreSessions(journals: Journals, parts: SessionParts): void {
  const suspects: LeftoverJournal[] = [];
  const standing: Promise<void>[] = [];
  for (const left of journals.left()) {
    if (left.tries >= TRIES_MAX) setAside(left, parts);
    else if (left.tries > 0) suspects.push(left);
    else if (restore(left, journals, parts)) standing.push(stands(left, parts));
  }
  for (const { session } of suspects) parts.registry.expect(session);
  if (standing.length + suspects.length > 0)
    parts.log.warn({ sessions: standing.length, suspects: suspects.length }, 'sessions of an earlier run go on');
  const oneByOne = async (): Promise<void> => {
    await Promise.all(standing);
    for (const left of suspects) {
      const restored = restore(left, journals, parts);
      parts.registry.arrived(left.session);
      if (restored) await stands(left, parts);
    }
  };
  // A journal that cannot be marked is tried again by the next process; the sessions go on.
  void oneByOne().catch((error) => parts.log.error({ err: error }, 'sessions of an earlier run are not all taken up'));
}

async function stands(left: LeftoverJournal, { registry, clock }: SessionParts): Promise<void> {
  const endMs = clock.nowMs() + STANDS_AFTER_MS;
  const session = registry.find(left.session);
  do await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve));
  while (session?.isCaughtUp === false && clock.nowMs() < endMs);
  left.stood();
}

function setAside(left: LeftoverJournal, { log }: SessionParts): void {
  const { session, tries } = left;
  log.error(
    { session, tries },
    'a session of an earlier run ended the server each time it was taken up and is set aside',
  );
  left.setAside();
}

function restore(left: LeftoverJournal, journals: Journals, parts: SessionParts): boolean {
  const { session, ageMs, journal } = left;
  const drop = (text: string, fields: object = {}): boolean => {
    parts.log.warn({ session, ...fields }, text);
    journal.remove();
    return false;
  };
  const isLate = ageMs > parts.resumeGraceMs;
  try {
    const recalled = readJournal(left.begin(), frameBytesOf);
    if (recalled === undefined || recalled.birth.session !== session)
      return drop('a journal cannot be read and is removed');
    // Its client will not come back, but what was said and is not final yet belongs into its transcript.
    if (isLate && recalled.birth.kept === undefined)
      return drop('a session of an earlier run waited too long and is removed', { ageMs });
    // Another model may run now.
    resolveLanguage(recalled.standing.driver.core.settings.language, parts.offer);
    const again = journals.again(left, recalled.birth, frameBytesOf(recalled.birth.audio));
    open(recalled, again, parts).wait(isLate ? 0 : parts.resumeGraceMs);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return drop('a session of an earlier run cannot go on and is removed', { code: code ?? message });
  }
}

function open(recalled: RestoredJournal, journal: ReturnType<Journals['again']>, parts: SessionParts): LiveSession {
  const { key, address } = recalled.birth;
  // Until its client is back nothing new is heard, so nobody has to be charged.
  // Until its client has come back, its secret alone may do nothing.
  const caller = { key, scopes: [], sessionsMax: undefined, quota: { minutes: 0 }, heard: () => true };
  const visitor = { caller, address };
  const { kept } = recalled.birth;
  const origin = resolveOrigin({ ...recalled, journal }, parts.offer, visitor);
  const beginning = kept && parts.keeper?.again(kept);
  const session = new LiveSession({ ...origin, beginning }, undefined, parts, visitor);
  parts.registry.open(session);
  parts.meter.opened(parts.registry.size);
  return session;
}
