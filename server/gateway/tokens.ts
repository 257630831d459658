import { z } from 'zod';
import { FAULTS, Fault, parseJson, TOKEN_SCOPES } from '../../protocol/index.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';
import { readBodyText } from './body.ts';
import { jsonResponse } from './responses.ts';
import type { HttpRoute } from './route-table.ts';

const BODY_BYTES_MAX = 1_024;
const TokenRequest = z.strictObject({
  seconds: z.int().min(10).max(3_600).default(300),
  scopes: z
    .array(z.enum(TOKEN_SCOPES))
    .min(1)
    .default(['stream'])
    .transform((scopes) => [...new Set(scopes)]),
});
const WANTED = `{"seconds": 10 to 3600, "scopes": some of ${TOKEN_SCOPES.join(', ')}}, both optional`;

/**
 * Handles `POST /v1/token`: makes a token that a browser may hold, valid for `seconds` (10 to 3600, default 300) and for `scopes`
 * (default `stream`). An open session outlives its token. Rejects with `auth.scope` when the key lacks a scope.
 */
async function mintToken(request: Request, identity: ClientIdentity, access: Authenticator): Promise<object> {
  const text = await readBodyText(request, BODY_BYTES_MAX);
  let wanted: z.infer<typeof TokenRequest>;
  try {
    wanted = TokenRequest.parse(text === '' ? {} : parseJson(text));
  } catch {
    throw new Fault('command.option', { name: 'body', got: '(another)', want: WANTED });
  }
  return { ...(await access.mintToken(identity, wanted.seconds, wanted.scopes)), scopes: wanted.scopes };
}

/** Routes that make tokens for browsers, for clients with a key. */
export function buildTokenRoutes(access: Authenticator): readonly HttpRoute[] {
  return [
    {
      ...{ method: 'POST', path: '/v1/token', scope: 'token' },
      handle: async ({ request, identity }) => jsonResponse(await mintToken(request, identity!, access), 200),
    },
    {
      ...{ method: 'GET', path: '/v3/token', scope: 'token', refuse: buildTemporaryTokenRefusal },
      handle: ({ url, identity }) => mintTemporaryToken(url, identity!, access),
    },
  ];
}

/** The limits of AssemblyAI's API. */
const TEMPORARY_SECONDS = { least: 1, most: 600 } as const;

/** Handles `GET /v3/token?expires_in_seconds=60`: a token for AssemblyAI's clients, in the format they expect. */
async function mintTemporaryToken(url: URL, identity: ClientIdentity, access: Authenticator): Promise<Response> {
  const { least, most } = TEMPORARY_SECONDS;
  const asked = url.searchParams.get('expires_in_seconds') ?? '60';
  const seconds = /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
  if (seconds < least || seconds > most) {
    const want = `${least} to ${most}`;
    throw new Fault('command.option', { name: 'expires_in_seconds', got: asked.slice(0, 40), want });
  }
  // Without authentication any token is accepted, so that clients need no change.
  const token = access.needsKey ? (await access.mintToken(identity, seconds)).token : 'none-needed';
  return jsonResponse({ token, expires_in_seconds: seconds }, 200);
}

/** A refusal in the format of AssemblyAI's API. */
const buildTemporaryTokenRefusal = (fault: Fault): Response =>
  jsonResponse({ error: fault.message }, FAULTS[fault.code].http);
