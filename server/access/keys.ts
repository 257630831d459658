import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Fault } from '../../protocol/index.ts';
import type { Scope } from '../ports/authenticator.ts';
import type { ApiKey, KeyFile } from './key-file.ts';

/** `sotto_ID_SECRET`: the id finds the key, the secret proves it. */
const KEY_PATTERN = /^sotto_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/;
/** Compared with when the id is unknown, so that a wrong id takes as long as a wrong secret. */
export const UNKNOWN_KEY = Buffer.alloc(32);

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly days?: number | undefined;
  readonly sessionsMax?: number | undefined;
  readonly minutesPerDay?: number | undefined;
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Creates a key and stores its hash. The returned text is shown once and stored nowhere. */
export function addKey(file: KeyFile, options: NewKey, nowMs: number): { readonly key: ApiKey; readonly text: string } {
  const id = randomBytes(4).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const { name, scopes, days, sessionsMax, minutesPerDay } = options;
  const key: ApiKey = {
    id,
    name,
    scopes: [...scopes],
    hash: hashSecret(secret).toString('hex'),
    created: new Date(nowMs).toISOString(),
    ...(days === undefined ? {} : { expires: new Date(nowMs + days * 86_400_000).toISOString() }),
    ...(sessionsMax === undefined ? {} : { sessionsMax }),
    ...(minutesPerDay === undefined ? {} : { minutesPerDay }),
  };
  file.update((keys) => {
    if (keys.some((each) => each.name === name && each.revoked === undefined))
      throw new Fault('config.value', { name: 'name', got: name, want: 'a name that no valid key has' });
    return [...keys, key];
  });
  return { key, text: `sotto_${id}_${secret}` };
}

/** Revokes a key by name or id, and with it every token minted from it. */
export function revokeKey(file: KeyFile, text: string, nowMs: number): ApiKey {
  let found: ApiKey | undefined;
  file.update((keys) => {
    found = keys.find(({ id, name, revoked }) => revoked === undefined && (id === text || name === text));
    if (found === undefined)
      throw new Fault('config.value', { name: 'key', got: text, want: 'a name or id of `sotto keys list`' });
    const revoked = new Date(nowMs).toISOString();
    return keys.map((key) => (key === found ? { ...key, revoked } : key));
  });
  return found!;
}

/** Finds the key that a text proves. Throws `auth.invalid`; takes the same time whatever is wrong. */
export function findKey(keys: readonly ApiKey[], text: string): ApiKey {
  const match = KEY_PATTERN.exec(text);
  const key = keys.find(({ id }) => id === match?.[1]);
  const expectedHash = key === undefined ? UNKNOWN_KEY : Buffer.from(key.hash, 'hex');
  const matches = timingSafeEqual(hashSecret(match?.[2] ?? ''), expectedHash);
  if (!matches || key === undefined) throw new Fault('auth.invalid', {});
  return key;
}

/** Throws when a key is no longer valid, or lacks the scope. */
export function checkKey(key: ApiKey, scope: Scope, nowMs: number): void {
  if (key.revoked !== undefined) throw new Fault('auth.invalid', {});
  if (isExpired(key, nowMs)) throw new Fault('auth.expired', {});
  if (!key.scopes.includes(scope)) throw new Fault('auth.scope', { what: 'key', scope });
}

export const isExpired = ({ expires }: ApiKey, nowMs: number): boolean =>
  expires !== undefined && Date.parse(expires) <= nowMs;
