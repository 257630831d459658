import { describeValue, Fault, parseJson } from '../../protocol/index.ts';
import type { HttpEndpoint, HttpEndpointContext } from '../ports/dialect.ts';
import type { OpenRequest } from '../ports/transport.ts';
import { buildOpenAiRefusal } from './openai-faults.ts';
import { applySettingsUpdate, DEFAULT_REALTIME_SETTINGS, renderSettings, toStartOptions } from './openai-session.ts';

/** `ek_TOKEN~SETTINGS`: the token opens the door, the settings are where the session begins. */
const SECRET = /ek_[\w.-]+~([\w-]+)$/;
const SECONDS = { least: 10, most: 3_600, usual: 600 } as const;

/** Settings a client secret carries; undefined when none came with it. Throws `auth.invalid` and `command.unreadable`. */
export function parseSecretSettings({ headers, subprotocols }: Pick<OpenRequest, 'headers' | 'subprotocols'>): unknown {
  for (const text of [headers['authorization'] ?? '', ...subprotocols]) {
    const settings = SECRET.exec(text)?.[1];
    if (settings === undefined) continue;
    try {
      return parseJson(Buffer.from(settings, 'base64url').toString('utf8'));
    } catch (error) {
      // No secret of ours holds what is not JSON; JSON that is nested too deep may have been put there by its client.
      throw (error as Fault).cause === undefined ? error : new Fault('auth.invalid', {});
    }
  }
  return undefined;
}

type Body = { readonly session?: unknown; readonly expires_after?: { readonly seconds?: unknown } } | null | undefined;

async function secretOf(session: unknown, seconds: unknown, context: HttpEndpointContext) {
  const wanted = seconds ?? SECONDS.usual;
  if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < SECONDS.least || wanted > 7_200)
    throw new Fault('command.option', {
      name: 'expires_after.seconds',
      got: describeValue(seconds),
      want: '10 to 7200',
    });
  const settings = applySettingsUpdate(DEFAULT_REALTIME_SETTINGS, session ?? {});
  toStartOptions(settings);
  const good = Math.min(wanted, SECONDS.most);
  // Where nobody needs a key, anything opens the door.
  const token = context.identity.key === '' ? 'none-needed' : (await context.mintToken(good)).token;
  const expiresAt = Math.floor(context.nowMs / 1_000) + good;
  const carried = Buffer.from(JSON.stringify(session ?? {})).toString('base64url');
  if (carried.length > 4_000)
    throw new Fault('command.option', {
      name: 'session',
      got: `(${carried.length} characters)`,
      want: 'less than 3 kB of it',
    });
  const value = `ek_${token}~${carried}`;
  return { value, expiresAt, described: renderSettings(settings, `sess_${context.id.replaceAll('-', '')}`, expiresAt) };
}

/** Client secrets for browsers: `POST /v1/realtime/client_secrets`, and as it was before. */
export const openaiSecrets: readonly HttpEndpoint[] = [
  {
    path: '/v1/realtime/client_secrets',
    method: 'POST',
    scope: 'token',
    async answer({ body }, context) {
      const { session, expires_after } = (body as Body) ?? {};
      const { value, expiresAt, described } = await secretOf(session, expires_after?.seconds, context);
      return { status: 200, headers: {}, body: { value, expires_at: expiresAt, session: described.ga } };
    },
    refuse: buildOpenAiRefusal,
  },
  {
    path: '/v1/realtime/transcription_sessions',
    method: 'POST',
    scope: 'token',
    async answer({ body }, context) {
      const { value, expiresAt, described } = await secretOf(body, undefined, context);
      const client_secret = { value, expires_at: expiresAt };
      return { status: 200, headers: {}, body: { ...described.beta, client_secret } };
    },
    refuse: buildOpenAiRefusal,
  },
];
