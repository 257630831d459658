import { describeValue, Fault } from '../../protocol/index.ts';
import type { HttpEndpoint } from '../ports/dialect.ts';
import { buildDeepgramRefusal } from './deepgram-faults.ts';

const SECONDS = { min: 1, max: 3_600, default: 30 } as const;

/** Deepgram's `POST /v1/auth/grant`: exchanges a key for a short-lived token that a browser may hold. */
export const deepgramGrant: HttpEndpoint = {
  path: '/v1/auth/grant',
  method: 'POST',
  scope: 'token',
  async answer({ body }, context) {
    const seconds = (body as { ttl_seconds?: unknown } | null | undefined)?.ttl_seconds ?? SECONDS.default;
    if (typeof seconds !== 'number' || !(seconds >= SECONDS.min && seconds <= SECONDS.max)) {
      const want = `${SECONDS.min} to ${SECONDS.max}`;
      throw new Fault('command.option', { name: 'ttl_seconds', got: describeValue(seconds), want });
    }
    // A server that needs no keys accepts any token.
    const token = context.identity.key === '' ? 'none-needed' : (await context.mintToken(Math.ceil(seconds))).token;
    return { status: 200, headers: {}, body: { access_token: token, expires_in: Math.ceil(seconds) } };
  },
  refuse: buildDeepgramRefusal,
};
