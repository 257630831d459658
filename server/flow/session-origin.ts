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

/** A session of an earlier process, with the journal it goes on in. */
export interface RestoredSession extends RestoredJournal {
  readonly journal: SessionJournal;
}

/** Everything about a session that is known before any part of it is opened. */
export interface SessionOrigin {
  readonly born: SessionRecord;
  /** Proves to whom the session belongs; only its hash is kept. */
  readonly secret: string;
  readonly settings: SessionSettings;
  /** The model it runs on. */
  readonly model: OfferedModel;
  readonly bytesPerMs: number;
  /** Whether, and where, a transcript is to be kept. */
  readonly keep: Start['keep'];
  /** What became of that; undefined while it has not been asked. */
  readonly beginning?: RecordingStart | undefined;
  readonly restored: RestoredSession | undefined;
  readonly standing: JournalSnapshot | undefined;
}

/** Opens nothing. Throws `audio.format`, `auth.scope`, `command.option` and `model.unknown`. */
export function resolveOrigin(
  from: Start | RestoredSession,
  offer: ServerOffer,
  visitor: ConnectedClient,
): SessionOrigin {
  const restored = 'birth' in from ? from : undefined;
  // Whatever a client's protocol made of what came: no session begins with a start that the schema refuses.
  const start = 'birth' in from ? undefined : validateMessage(from);
  const secret = randomBytes(16).toString('base64url');
  const born = restored?.birth ?? bornOf(start!, secret, visitor);
  const { encoding, channels, sampleRate } = born.audio;
  const settings = restored?.standing.driver.core.settings ?? resolveSettings(start!, offer);
  return {
    ...{ born, secret, settings, restored, standing: restored?.standing, keep: start?.keep },
    // A server that was started with other models goes on with its own.
    model: settings.model !== undefined && settings.model === offer.small?.model ? offer.small : offer,
    bytesPerMs: (BYTES_PER_SAMPLE[encoding] * channels * sampleRate) / 1_000,
  };
}

function bornOf(start: Start, secret: string, { caller, address }: ConnectedClient): SessionRecord {
  checkKeep(start.keep, caller);
  const audio = start.audio ?? AudioFormat.parse({});
  const { room } = start;
  return { version: 1, session: randomUUID(), secretHash: hashOf(secret), audio, room, key: caller.key, address };
}

/** To go on with a transcript is to change it. */
function checkKeep(keep: Start['keep'], { scopes, token }: ClientIdentity): void {
  if (keep?.transcript !== undefined && !scopes.includes('transcripts'))
    throw new Fault('auth.scope', { what: token === undefined ? 'key' : 'token', scope: 'transcripts' });
}

/** The first event. The secret is shown here and nowhere else. */
export function buildReady(
  birth: SessionRecord,
  secret: string,
  of: {
    readonly model: OfferedModel;
    readonly engine: string;
    readonly resumeGraceMs: number;
    readonly language: string;
  },
): EventBody {
  const { model, engine, resumeGraceMs, language } = of;
  const languages = model.languages === 'all' ? 'all' : [...model.languages];
  const { session, audio, kept } = birth;
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

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether `secret` is the one of this hash, in a time that tells nothing of where it differs. */
export function matchesSecret(hash: string, secret: string): boolean {
  const other = hashOf(secret);
  return hash.length === other.length && timingSafeEqual(Buffer.from(hash), Buffer.from(other));
}
