import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import {
  AudioFormat,
  BYTES_PER_SAMPLE,
  type EventBody,
  Fault,
  LIMITS,
  type Start,
  validateMessage,
} from '../../protocol/index.ts';
import { type OfferedModel, resolveSettings, type ServerOffer } from '../core/session/resolve-settings.ts';
import type { SessionSettings } from '../core/session/settings.ts';
import type { ClientIdentity } from '../ports/authenticator.ts';
import type { ConnectedClient } from './client-channel.ts';
import type { JournalSnapshot, RestoredJournal, SessionJournal, SessionRecord } from './session-journal.ts';
import type { RecordingStart } from './transcript-recorder.ts';

/** A session of an earlier process, with the journal it continues. */
export interface RestoredSession extends RestoredJournal {
  readonly journal: SessionJournal;
}

/** Everything about a session that is known before any part of it is opened. */
export interface SessionOrigin {
  readonly sessionRecord: SessionRecord;
  /** Proves ownership of the session; only its hash is stored. */
  readonly secret: string;
  readonly settings: SessionSettings;
  /** The model it runs on. */
  readonly model: OfferedModel;
  readonly bytesPerMs: number;
  /** Whether, and where, a transcript is to be stored. */
  readonly keep: Start['keep'];
  /** The result of that; undefined while the store has not answered. */
  readonly recordingStart?: RecordingStart | undefined;
  readonly restored: RestoredSession | undefined;
  readonly snapshot: JournalSnapshot | undefined;
}

/** Opens nothing. Throws `audio.format`, `auth.scope`, `command.option` and `model.unknown`. */
export function resolveOrigin(
  from: Start | RestoredSession,
  offer: ServerOffer,
  client: ConnectedClient,
): SessionOrigin {
  const restored = 'sessionRecord' in from ? from : undefined;
  // Whatever a dialect made of a client's message, no session begins with a start that the schema refuses.
  const start = 'sessionRecord' in from ? undefined : validateMessage(from);
  const secret = randomBytes(16).toString('base64url');
  const sessionRecord = restored?.sessionRecord ?? createSessionRecord(start!, secret, client);
  const { encoding, channels, sampleRate } = sessionRecord.audio;
  const settings = restored?.snapshot.driver.core.settings ?? resolveSettings(start!, offer);
  return {
    ...{ sessionRecord, secret, settings, restored, snapshot: restored?.snapshot, keep: start?.keep },
    // A server that was restarted with other models continues with its own.
    model: settings.model !== undefined && settings.model === offer.small?.model ? offer.small : offer,
    bytesPerMs: (BYTES_PER_SAMPLE[encoding] * channels * sampleRate) / 1_000,
  };
}

function createSessionRecord(start: Start, secret: string, { identity, address }: ConnectedClient): SessionRecord {
  checkKeep(start.keep, identity);
  const audio = start.audio ?? AudioFormat.parse({});
  const { room } = start;
  return { version: 1, session: randomUUID(), secretHash: hashSecret(secret), audio, room, key: identity.key, address };
}

/** Continuing a transcript changes it, which needs the `transcripts` scope. */
function checkKeep(keep: Start['keep'], { scopes, token }: ClientIdentity): void {
  if (keep?.transcript !== undefined && !scopes.includes('transcripts'))
    throw new Fault('auth.scope', { what: token === undefined ? 'key' : 'token', scope: 'transcripts' });
}

/** The first event. The secret is shown here and nowhere else. */
export function buildReady(
  sessionRecord: SessionRecord,
  secret: string,
  server: {
    readonly model: OfferedModel;
    readonly engine: string;
    readonly resumeGraceMs: number;
    readonly language: string;
  },
): EventBody {
  const { model, engine, resumeGraceMs, language } = server;
  const languages = model.languages === 'all' ? 'all' : [...model.languages];
  const { session, audio, kept } = sessionRecord;
  return {
    type: 'ready',
    session,
    secret,
    resumeMs: resumeGraceMs,
    aliveMs: LIMITS.aliveEveryMs,
    model: model.model,
    engine,
    language,
    languages,
    audio,
    ...(kept && { transcript: kept.transcript, part: kept.part, transcriptMs: kept.atMs }),
  };
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether `secret` has this hash, compared in constant time. */
export function matchesSecret(hash: string, secret: string): boolean {
  const other = hashSecret(secret);
  return hash.length === other.length && timingSafeEqual(Buffer.from(hash), Buffer.from(other));
}
