import { errors, jwtVerify, SignJWT } from 'jose';
import { Fault } from '../../protocol/index.ts';
import type { Access, Caller, Purpose, Scope } from '../ports/access.ts';
import type { Contents, Key, KeyFile } from './key-file.ts';
import { checkKey, findKey } from './keys.ts';
import type { Usage } from './usage.ts';

const AUDIENCE = 'sotto';
/** When nothing had expired. What was revoked is so at any time. */
const LONG_AGO_MS = 0;

/** Lets in who has a key of the file, or a token minted with one. Changes of the file count at once. */
export class Doorkeeper implements Access {
  readonly needsKey = true;
  readonly #file: KeyFile;
  readonly #usage: Usage;
  readonly #nowMs: () => number;

  constructor(file: KeyFile, usage: Usage, nowMs: () => number) {
    this.#file = file;
    this.#usage = usage;
    this.#nowMs = nowMs;
  }

  async admit(credential: string | undefined, purpose: Purpose): Promise<Caller> {
    const scope = purpose === 'transcripts' ? 'stream' : purpose;
    const key = await this.#key(credential, scope, this.#nowMs());
    if (purpose === 'stream' && this.#usage.isSpent(key))
      throw new Fault('auth.quota', { minutes: key.minutesPerDay ?? 0 });
    return this.#caller(key);
  }

  async readmit(credential: string | undefined): Promise<Caller> {
    return this.#caller(await this.#key(credential, 'stream', LONG_AGO_MS));
  }

  /** Whose credential this is, at a moment. */
  async #key(credential: string | undefined, scope: Scope, nowMs: number): Promise<Key> {
    if (credential === undefined || credential === '') throw new Fault('auth.missing', {});
    const { keys, tokenSecret } = this.#contents();
    const isToken = credential.startsWith('ey');
    const key = isToken ? await tokenKey(credential, { keys, tokenSecret, nowMs }) : findKey(keys, credential);
    // A token opens sessions and nothing else: it cannot mint its successor.
    if (isToken && scope !== 'stream') throw new Fault('auth.denied', { got: `A token for ${scope}` });
    checkKey(key, scope, nowMs);
    return key;
  }

  #caller(key: Key): Caller {
    return {
      key: key.id,
      sessionsMax: key.sessionsMax,
      quota: { minutes: key.minutesPerDay ?? 0 },
      heard: (audioMs) => this.#usage.add(key, audioMs),
    };
  }

  async mint(caller: Caller, seconds: number): Promise<{ token: string; expires: string }> {
    const issued = Math.floor(this.#nowMs() / 1_000);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(caller.key)
      .setAudience(AUDIENCE)
      .setIssuedAt(issued)
      .setExpirationTime(issued + seconds)
      .sign(Buffer.from(this.#contents().tokenSecret, 'base64url'));
    return { token, expires: new Date((issued + seconds) * 1_000).toISOString() };
  }

  /** Whoever deletes the file locks everybody out; one that cannot be read is the operator's to mend. */
  #contents(): Pick<Contents, 'keys' | 'tokenSecret'> {
    const contents = this.#file.contents();
    if (contents === undefined) throw new Fault('auth.invalid', {});
    return contents;
  }
}

async function tokenKey(
  token: string,
  { keys, tokenSecret, nowMs }: { readonly keys: readonly Key[]; readonly tokenSecret: string; readonly nowMs: number },
): Promise<Key> {
  try {
    const { payload } = await jwtVerify(token, Buffer.from(tokenSecret, 'base64url'), {
      ...{ algorithms: ['HS256'], audience: AUDIENCE, requiredClaims: ['exp', 'sub'] },
      currentDate: new Date(nowMs),
    });
    const key = keys.find(({ id }) => id === payload.sub);
    if (key !== undefined) return key;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Fault('auth.expired', {});
  }
  throw new Fault('auth.invalid', {});
}
