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
 * `POST /v1/token` with a key: a token a browser may hold for `seconds` (10 to 3600, default 300), for what `scopes` name
 * (default `stream`). A session that is open outlives its token. Rejects with `auth.scope` when the key lacks a scope.
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

/** Tokens that a browser may hold, made with a key. */
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

/** AssemblyAI's own limits. */
const TEMPORARY_SECONDS = { least: 1, most: 600 } as const;

/** `GET /v3/token?expires_in_seconds=60`: a token to open sessions for AssemblyAI's clients, in the shape they read. */
async function mintTemporaryToken(url: URL, identity: ClientIdentity, access: Authenticator): Promise<Response> {
  const { least, most } = TEMPORARY_SECONDS;
  const asked = url.searchParams.get('expires_in_seconds') ?? '60';
  const seconds = /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
  if (seconds < least || seconds > most) {
    const want = `${least} to ${most}`;
    throw new Fault('command.option', { name: 'expires_in_seconds', got: asked.slice(0, 40), want });
  }
  // Where nobody needs a key, anything opens the door; the client's code goes on as it is.
  const token = access.needsKey ? (await access.mintToken(identity, seconds)).token : 'none-needed';
  return jsonResponse({ token, expires_in_seconds: seconds }, 200);
}

/** How AssemblyAI's clients read that they get no token. */
const buildTemporaryTokenRefusal = (fault: Fault): Response =>
  jsonResponse({ error: fault.message }, FAULTS[fault.code].http);
