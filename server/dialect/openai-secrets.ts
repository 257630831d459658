import { describeValue, Fault, parseJson } from '../../protocol/index.ts';
import type { HttpEndpoint, HttpEndpointContext } from '../ports/dialect.ts';
import type { OpenRequest } from '../ports/transport.ts';
import { buildOpenAiRefusal } from './openai-faults.ts';
import { applySettingsUpdate, DEFAULT_REALTIME_SETTINGS, renderSettings, toStartOptions } from './openai-session.ts';

/** `ek_TOKEN~SETTINGS`: the token authenticates, the settings are what the session starts with. */
const SECRET = /ek_[\w.-]+~([\w-]+)$/;
const SECONDS = { min: 10, max: 3_600, default: 600 } as const;

/**
 * Reads the settings of a client secret; undefined when it carries none. Throws `auth.invalid` and
 * `command.unreadable`.
 */
export function parseSecretSettings({ headers, subprotocols }: Pick<OpenRequest, 'headers' | 'subprotocols'>): unknown {
  for (const text of [headers['authorization'] ?? '', ...subprotocols]) {
    const settings = SECRET.exec(text)?.[1];
    if (settings === undefined) continue;
    try {
      return parseJson(Buffer.from(settings, 'base64url').toString('utf8'));
    } catch (error) {
      // No secret of ours holds anything but JSON; JSON that is nested too deeply may come from its client.
      throw (error as Fault).cause === undefined ? error : new Fault('auth.invalid', {});
    }
  }
  return undefined;
}

type Body = { readonly session?: unknown; readonly expires_after?: { readonly seconds?: unknown } } | null | undefined;

async function createSecret(session: unknown, seconds: unknown, context: HttpEndpointContext) {
  const requestedSeconds = seconds ?? SECONDS.default;
  if (
    typeof requestedSeconds !== 'number' ||
    !Number.isInteger(requestedSeconds) ||
    requestedSeconds < SECONDS.min ||
    requestedSeconds > 7_200
  )
    throw new Fault('command.option', {
      name: 'expires_after.seconds',
      got: describeValue(seconds),
      want: '10 to 7200',
    });
  const settings = applySettingsUpdate(DEFAULT_REALTIME_SETTINGS, session ?? {});
  toStartOptions(settings);
  const validSeconds = Math.min(requestedSeconds, SECONDS.max);
  // A server that needs no keys accepts any token.
  const token = context.identity.key === '' ? 'none-needed' : (await context.mintToken(validSeconds)).token;
  const expiresAt = Math.floor(context.nowMs / 1_000) + validSeconds;
  const encodedSession = Buffer.from(JSON.stringify(session ?? {})).toString('base64url');
  if (encodedSession.length > 4_000)
    throw new Fault('command.option', {
      name: 'session',
      got: `(${encodedSession.length} characters)`,
      want: 'less than 3 kB of it',
    });
  const value = `ek_${token}~${encodedSession}`;
  return { value, expiresAt, described: renderSettings(settings, `sess_${context.id.replaceAll('-', '')}`, expiresAt) };
}

/** Client secrets for browsers: `POST /v1/realtime/client_secrets`, and the older `transcription_sessions`. */
export const openaiSecrets: readonly HttpEndpoint[] = [
  {
    path: '/v1/realtime/client_secrets',
    method: 'POST',
    scope: 'token',
    async answer({ body }, context) {
      const { session, expires_after } = (body as Body) ?? {};
      const { value, expiresAt, described: rendered } = await createSecret(session, expires_after?.seconds, context);
      return { status: 200, headers: {}, body: { value, expires_at: expiresAt, session: rendered.ga } };
    },
    refuse: buildOpenAiRefusal,
  },
  {
    path: '/v1/realtime/transcription_sessions',
    method: 'POST',
    scope: 'token',
    async answer({ body }, context) {
      const { value, expiresAt, described: rendered } = await createSecret(body, undefined, context);
      const client_secret = { value, expires_at: expiresAt };
      return { status: 200, headers: {}, body: { ...rendered.beta, client_secret } };
    },
    refuse: buildOpenAiRefusal,
  },
];
