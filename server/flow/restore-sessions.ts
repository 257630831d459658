import { type AudioFormat, BYTES_PER_SAMPLE } from '../../protocol/index.ts';
import { resolveLanguage } from '../core/session/resolve-settings.ts';
import type { LeftoverJournal } from '../ports/journal-store.ts';
import type { Journals } from './journals.ts';
import { LiveSession, type SessionParts } from './live-session.ts';
import { type RestoredJournal, readJournal } from './session-journal.ts';
import { resolveOrigin } from './session-origin.ts';

const computeFrameBytes = ({ encoding, channels }: AudioFormat): number => BYTES_PER_SAMPLE[encoding] * channels;

/** How many processes may die of a session before it is set aside. */
const TRIES_MAX = 2;
/** A session that has caught up, or that the process has survived for this long, is not what ends processes, ms. */
const STABLE_AFTER_MS = 2_000;
const POLL_INTERVAL_MS = 20;

/**
 * Restores the sessions an earlier process left; each waits for its client as after a lost connection. Sessions that
 * cannot be read, or have waited too long already, are removed.
 *
 * A process that ends before a restored session is stable may have died of it. Such sessions are restored after all
 * others and one at a time, so that only the culprit is tried again; after two tries it is set aside. Clients that ask
 * for one meanwhile are told to wait.
 */
export function restoreSessions(journals: Journals, parts: SessionParts): void {
  const suspects: LeftoverJournal[] = [];
  const restored: Promise<void>[] = [];
  for (const leftover of journals.listLeftovers()) {
    if (leftover.tries >= TRIES_MAX) setAside(leftover, parts);
    else if (leftover.tries > 0) suspects.push(leftover);
    else if (restoreSession(leftover, journals, parts)) restored.push(waitUntilStable(leftover, parts));
  }
  for (const { session } of suspects) parts.registry.expect(session);
  if (restored.length + suspects.length > 0)
    parts.log.warn({ sessions: restored.length, suspects: suspects.length }, 'sessions of an earlier run go on');
  const oneByOne = async (): Promise<void> => {
    await Promise.all(restored);
    for (const leftover of suspects) {
      const restored = restoreSession(leftover, journals, parts);
      parts.registry.stopExpecting(leftover.session);
      if (restored) await waitUntilStable(leftover, parts);
    }
  };
  // A journal that cannot be marked is tried again by the next process; the sessions go on.
  void oneByOne().catch((error) => parts.log.error({ err: error }, 'sessions of an earlier run are not all taken up'));
}

async function waitUntilStable(leftover: LeftoverJournal, { registry, clock }: SessionParts): Promise<void> {
  const endMs = clock.nowMs() + STABLE_AFTER_MS;
  const session = registry.find(leftover.session);
  do await new Promise<void>((resolve) => void clock.setTimer(POLL_INTERVAL_MS, resolve));
  while (session?.isCaughtUp === false && clock.nowMs() < endMs);
  leftover.markStable();
}

function setAside(leftover: LeftoverJournal, { log }: SessionParts): void {
  const { session, tries } = leftover;
  log.error(
    { session, tries },
    'a session of an earlier run ended the server each time it was taken up and is set aside',
  );
  leftover.setAside();
}

function restoreSession(leftover: LeftoverJournal, journals: Journals, parts: SessionParts): boolean {
  const { session, ageMs, journal } = leftover;
  const drop = (text: string, fields: object = {}): boolean => {
    parts.log.warn({ session, ...fields }, text);
    journal.remove();
    return false;
  };
  const isLate = ageMs > parts.resumeGraceMs;
  try {
    const journalled = readJournal(leftover.readEntries(), computeFrameBytes);
    if (journalled === undefined || journalled.sessionRecord.session !== session)
      return drop('a journal cannot be read and is removed');
    // Its client will not come back, but speech that is not final yet belongs in the transcript.
    if (isLate && journalled.sessionRecord.kept === undefined)
      return drop('a session of an earlier run waited too long and is removed', { ageMs });
    // The server may run another model now.
    resolveLanguage(journalled.snapshot.driver.core.settings.language, parts.offer);
    const journal = journals.reopen(
      leftover,
      journalled.sessionRecord,
      computeFrameBytes(journalled.sessionRecord.audio),
    );
    openRestored(journalled, journal, parts).waitForClient(isLate ? 0 : parts.resumeGraceMs);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return drop('a session of an earlier run cannot go on and is removed', { code: code ?? message });
  }
}

function openRestored(
  journalled: RestoredJournal,
  journal: ReturnType<Journals['reopen']>,
  parts: SessionParts,
): LiveSession {
  const { key, address } = journalled.sessionRecord;
  // No new audio arrives until the client is back, so no key needs to be charged. Until then, the secret alone grants
  // no scopes.
  const identity = { key, scopes: [], sessionsMax: undefined, quota: { minutes: 0 }, countAudio: () => true };
  const client = { identity, address };
  const { kept: place, audio } = journalled.sessionRecord;
  const origin = resolveOrigin({ ...journalled, journal }, parts.offer, client);
  const recordingStart = place && parts.recorder?.resumeRecording(place, audio);
  const session = new LiveSession({ ...origin, recordingStart }, undefined, parts, client);
  parts.registry.open(session);
  parts.meter.opened(parts.registry.size);
  return session;
}
