import { describeValue, Fault } from '../../protocol/index.ts';
import type { HttpEndpoint } from '../ports/dialect.ts';
import { buildDeepgramRefusal } from './deepgram-faults.ts';

const SECONDS = { least: 1, most: 3_600, usual: 30 } as const;

/** Deepgram's `POST /v1/auth/grant`: a key becomes a token that a browser may hold for seconds. */
export const deepgramGrant: HttpEndpoint = {
  path: '/v1/auth/grant',
  method: 'POST',
  scope: 'token',
  async answer({ body }, context) {
    const seconds = (body as { ttl_seconds?: unknown } | null | undefined)?.ttl_seconds ?? SECONDS.usual;
    if (typeof seconds !== 'number' || !(seconds >= SECONDS.least && seconds <= SECONDS.most)) {
      const want = `${SECONDS.least} to ${SECONDS.most}`;
      throw new Fault('command.option', { name: 'ttl_seconds', got: describeValue(seconds), want });
    }
    // Where nobody needs a key, anything opens the door.
    const token = context.identity.key === '' ? 'none-needed' : (await context.mintToken(Math.ceil(seconds))).token;
    return { status: 200, headers: {}, body: { access_token: token, expires_in: Math.ceil(seconds) } };
  },
  refuse: buildDeepgramRefusal,
};
