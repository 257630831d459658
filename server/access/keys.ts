import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Fault } from '../../protocol/index.ts';
import type { Scope } from '../ports/authenticator.ts';
import type { ApiKey, KeyFile } from './key-file.ts';

/** `sotto_ID_SECRET`: the id finds the key, the secret proves it. */
const SHAPE = /^sotto_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/;
/** Compared with when the id is not known, so that a wrong id takes as long as a wrong secret. */
export const UNKNOWN_KEY = Buffer.alloc(32);

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly days?: number | undefined;
  readonly sessionsMax?: number | undefined;
  readonly minutesPerDay?: number | undefined;
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Makes a key and stores its hash. The text returned is shown once and kept nowhere. */
export function addKey(file: KeyFile, wanted: NewKey, nowMs: number): { readonly key: ApiKey; readonly text: string } {
  const id = randomBytes(4).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const { name, scopes, days, sessionsMax, minutesPerDay } = wanted;
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
  file.change((keys) => {
    if (keys.some((each) => each.name === name && each.revoked === undefined))
      throw new Fault('config.value', { name: 'name', got: name, want: 'a name that no valid key has' });
    return [...keys, key];
  });
  return { key, text: `sotto_${id}_${secret}` };
}

/** Takes back a key by name or id, and every token minted with it. */
export function revokeKey(file: KeyFile, text: string, nowMs: number): ApiKey {
  let found: ApiKey | undefined;
  file.change((keys) => {
    found = keys.find(({ id, name, revoked }) => revoked === undefined && (id === text || name === text));
    if (found === undefined)
      throw new Fault('config.value', { name: 'key', got: text, want: 'a name or id of `sotto keys list`' });
    const revoked = new Date(nowMs).toISOString();
    return keys.map((key) => (key === found ? { ...key, revoked } : key));
  });
  return found!;
}

/** The key a text proves to be. Throws `auth.invalid`; takes the same time whatever is wrong. */
export function findKey(keys: readonly ApiKey[], text: string): ApiKey {
  const match = SHAPE.exec(text);
  const key = keys.find(({ id }) => id === match?.[1]);
  const want = key === undefined ? UNKNOWN_KEY : Buffer.from(key.hash, 'hex');
  const right = timingSafeEqual(hashSecret(match?.[2] ?? ''), want);
  if (!right || key === undefined) throw new Fault('auth.invalid', {});
  return key;
}

/** Throws when a key is no longer good, or not good for this. */
export function checkKey(key: ApiKey, scope: Scope, nowMs: number): void {
  if (key.revoked !== undefined) throw new Fault('auth.invalid', {});
  if (isExpired(key, nowMs)) throw new Fault('auth.expired', {});
  if (!key.scopes.includes(scope)) throw new Fault('auth.scope', { what: 'key', scope });
}

export const isExpired = ({ expires }: ApiKey, nowMs: number): boolean =>
  expires !== undefined && Date.parse(expires) <= nowMs;
