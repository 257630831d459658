import { createHash } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { Fault, TOKEN_SCOPES } from '../../protocol/index.ts';
import type { Authenticator, ClientIdentity, Issuer, Scope, TokenDetails, TokenScope } from '../ports/authenticator.ts';
import type { ApiKey, KeyFile, KeyFileContents } from './key-file.ts';
import { checkKey, findKey, isExpired } from './keys.ts';
import type { UsageCounter } from './usage.ts';

const AUDIENCE = 'sotto';
/** A time at which nothing had expired. Revoked keys are refused at any time. */
const BEFORE_ANY_EXPIRY_MS = 0;

interface CredentialOwner {
  readonly key: ApiKey;
  readonly scopes: readonly Scope[];
  readonly token: TokenDetails | undefined;
}

/**
 * Authenticates clients with a key from the file, or a token minted with one. Changes of the file take effect at once.
 */
export class ApiKeyAuth implements Authenticator {
  readonly needsKey = true;
  readonly #file: KeyFile;
  readonly #usage: UsageCounter;
  readonly #nowMs: () => number;

  constructor(file: KeyFile, usage: UsageCounter, nowMs: () => number) {
    this.#file = file;
    this.#usage = usage;
    this.#nowMs = nowMs;
  }

  async authenticate(credential: string | undefined, scope: Scope): Promise<ClientIdentity> {
    const authenticated = await this.#identify(credential, scope, this.#nowMs());
    if (scope === 'stream' && this.#usage.isSpent(authenticated.key))
      throw new Fault('auth.quota', { minutes: authenticated.key.minutesPerDay ?? 0 });
    return this.#toClientIdentity(authenticated);
  }

  async reauthenticate(credential: string | undefined): Promise<ClientIdentity> {
    return this.#toClientIdentity(await this.#identify(credential, 'stream', BEFORE_ANY_EXPIRY_MS));
  }

  findRefusal(issuer: Issuer, scope: Scope): 'auth.invalid' | 'auth.expired' | 'auth.scope' | undefined {
    const { keys, tokenSecret } = this.#readContents();
    const key = keys.find(({ id }) => id === issuer.key);
    if (key === undefined || key.revoked !== undefined) return 'auth.invalid';
    if (issuer.signer !== undefined && issuer.signer !== deriveSigner(tokenSecret)) return 'auth.invalid';
    if (isExpired(key, this.#nowMs()) || (issuer.expiresMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs())
      return 'auth.expired';
    return key.scopes.includes(scope) ? undefined : 'auth.scope';
  }

  /** Identifies a credential as of a point in time. Rejects when it lacks the scope. */
  async #identify(credential: string | undefined, scope: Scope, nowMs: number): Promise<CredentialOwner> {
    if (credential === undefined || credential === '') throw new Fault('auth.missing', {});
    const { keys, tokenSecret } = this.#readContents();
    if (!credential.startsWith('ey')) {
      const key = findKey(keys, credential);
      checkKey(key, scope, nowMs);
      return { key, scopes: key.scopes, token: undefined };
    }
    const identity = await readToken(credential, { keys, tokenSecret, nowMs });
    checkKey(identity.key, scope, nowMs);
    if (!identity.scopes.includes(scope)) throw new Fault('auth.scope', { what: 'token', scope });
    return identity;
  }

  #toClientIdentity({ key, scopes, token }: CredentialOwner): ClientIdentity {
    return {
      key: key.id,
      scopes,
      token,
      sessionsMax: key.sessionsMax,
      quota: { minutes: key.minutesPerDay ?? 0 },
      countAudio: (audioMs) => this.#usage.add(key, audioMs),
    };
  }

  async mintToken(
    identity: ClientIdentity,
    seconds: number,
    scopes: readonly TokenScope[] = ['stream'],
  ): Promise<{ token: string; expires: string }> {
    for (const scope of scopes)
      if (!identity.scopes.includes(scope)) throw new Fault('auth.scope', { what: 'key', scope });
    const issued = Math.floor(this.#nowMs() / 1_000);
    const token = await new SignJWT({ scope: scopes.join(' ') })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(identity.key)
      .setAudience(AUDIENCE)
      .setIssuedAt(issued)
      .setExpirationTime(issued + seconds)
      .sign(Buffer.from(this.#readContents().tokenSecret, 'base64url'));
    return { token, expires: new Date((issued + seconds) * 1_000).toISOString() };
  }

  /** A deleted file locks everybody out; one that cannot be read is for the operator to repair. */
  #readContents(): Pick<KeyFileContents, 'keys' | 'tokenSecret'> {
    const contents = this.#file.read();
    if (contents === undefined) throw new Fault('auth.invalid', {});
    return contents;
  }
}

/** Rejects with `auth.invalid` and `auth.expired`. A token says nothing about the state of its key. */
async function readToken(
  token: string,
  {
    keys,
    tokenSecret,
    nowMs,
  }: { readonly keys: readonly ApiKey[]; readonly tokenSecret: string; readonly nowMs: number },
): Promise<CredentialOwner> {
  try {
    const { payload } = await jwtVerify(token, Buffer.from(tokenSecret, 'base64url'), {
      ...{ algorithms: ['HS256'], audience: AUDIENCE, requiredClaims: ['exp', 'sub'] },
      currentDate: new Date(nowMs),
    });
    const key = keys.find(({ id }) => id === payload.sub);
    if (key !== undefined) {
      // A token without the claim predates scopes and was made to open sessions.
      const claimedScopes = typeof payload['scope'] === 'string' ? payload['scope'].split(' ') : ['stream'];
      const scopes = TOKEN_SCOPES.filter((scope) => claimedScopes.includes(scope));
      return { key, scopes, token: { expiresMs: payload.exp! * 1_000, signer: deriveSigner(tokenSecret) } };
    }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Fault('auth.expired', {});
  }
  throw new Fault('auth.invalid', {});
}

const deriveSigner = (tokenSecret: string): string =>
  createHash('sha256').update(`signer ${tokenSecret}`).digest('hex').slice(0, 16);
