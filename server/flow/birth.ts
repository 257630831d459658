import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { AudioFormat, type EventBody, LIMITS, type Start } from '../../protocol/index.ts';
import type { ModelOffer } from '../core/session/settings-of.ts';
import type { Birth } from './session-journal.ts';

export function bornOf(start: Start, secret: string, of: Pick<Birth, 'key' | 'address'>): Birth {
  const audio = start.audio ?? AudioFormat.parse({});
  const { room } = start;
  return { version: 1, session: randomUUID(), secretHash: hashOf(secret), audio, room, ...of };
}

/** The first event. The secret is shown here and nowhere else. */
export function readyOf(
  birth: Birth,
  secret: string,
  of: {
    readonly hearer: ModelOffer;
    readonly engine: string;
    readonly resumeGraceMs: number;
    readonly language: string;
  },
): EventBody {
  const { hearer, engine, resumeGraceMs, language } = of;
  const languages = hearer.languages === 'all' ? 'all' : [...hearer.languages];
  const { session, audio, kept } = birth;
  return {
    type: 'ready',
    session,
    secret,
    resumeMs: resumeGraceMs,
    aliveMs: LIMITS.aliveEveryMs,
    model: hearer.model,
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
export function isSecretOf(hash: string, secret: string): boolean {
  const other = hashOf(secret);
  return hash.length === other.length && timingSafeEqual(Buffer.from(hash), Buffer.from(other));
}
