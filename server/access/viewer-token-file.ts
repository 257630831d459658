import { randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault, LIMITS, RoomName } from '../../protocol/index.ts';
import type { NewViewerToken, ViewerToken, ViewerTokens } from '../ports/viewer-tokens.ts';
import { hashSecret, UNKNOWN_KEY } from './keys.ts';
import { PrivateFile } from './private-file.ts';

const StoredToken = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  room: RoomName,
  key: z.string().optional(),
  signer: z.string().optional(),
  label: z.string().max(100).optional(),
  /** SHA-256 of the secret part, hex. The secret has 256 random bits, so a slow hash would add nothing. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
  revoked: z.iso.datetime().optional(),
});
type StoredToken = z.infer<typeof StoredToken>;

const Contents = z.strictObject({ version: z.literal(1), viewers: z.array(StoredToken) });

/** `view_ID_SECRET`: the id finds the token, the secret proves it. */
const TOKEN_PATTERN = /^view_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
/** How long a revoked or expired token is reported as such, ms; afterwards it is merely unknown. */
const RETENTION_MS = 30 * 86_400_000;

/** `viewers.json` in the data folder: hashes of viewer tokens. Changes of the file take effect at once. */
export class ViewerTokenFile implements ViewerTokens {
  readonly #file: PrivateFile<z.infer<typeof Contents>>;
  readonly #nowMs: () => number;

  constructor(folder: string, nowMs: () => number) {
    const parse = (value: unknown) => Contents.parse(value);
    this.#file = new PrivateFile(join(folder, 'viewers.json'), {
      parse,
      contentName: 'viewers',
      writtenBy: 'sotto rooms viewers add',
    });
    this.#nowMs = nowMs;
  }

  get path(): string {
    return this.#file.path;
  }

  add({ room, key, token, label, seconds }: NewViewerToken): ViewerToken & { readonly token: string } {
    const id = randomBytes(6).toString('hex');
    const secret = randomBytes(32).toString('base64url');
    const nowMs = this.#nowMs();
    const endMs = Math.min(
      seconds === undefined ? Number.POSITIVE_INFINITY : nowMs + seconds * 1_000,
      token?.expiresMs ?? Number.POSITIVE_INFINITY,
    );
    const stored: StoredToken = {
      ...{ id, room, hash: hashSecret(secret).toString('hex'), created: new Date(nowMs).toISOString() },
      ...(key === undefined ? {} : { key }),
      ...(label === undefined ? {} : { label }),
      ...(token === undefined ? {} : { signer: token.signer }),
      ...(endMs === Number.POSITIVE_INFINITY ? {} : { expires: new Date(endMs).toISOString() }),
    };
    this.#change((tokens) => [...this.#makeRoom(tokens, key), stored]);
    return { ...toViewerToken(stored), token: `view_${id}_${secret}` };
  }

  list(room: string): readonly ViewerToken[] {
    return this.#tokens.filter((each) => each.room === room && this.#getState(each) === 'good').map(toViewerToken);
  }

  revoke(room: string, id: string): ViewerToken | undefined {
    const stored = this.#tokens.find((each) => each.id === id && each.room === room && this.#getState(each) === 'good');
    if (stored === undefined) return undefined;
    const revoked = new Date(this.#nowMs()).toISOString();
    this.#change((tokens) => tokens.map((each) => (each.id === id ? { ...each, revoked } : each)));
    return toViewerToken(stored);
  }

  verify(token: string): ViewerToken | undefined {
    const match = TOKEN_PATTERN.exec(token);
    const stored = this.#tokens.find(({ id }) => id === match?.[1]);
    // Takes as long for a wrong id as for a wrong secret.
    const matches = timingSafeEqual(
      hashSecret(match?.[2] ?? ''),
      stored === undefined ? UNKNOWN_KEY : Buffer.from(stored.hash, 'hex'),
    );
    if (!matches || stored === undefined) return undefined;
    const state = this.#getState(stored);
    if (state === 'revoked') throw new Fault('viewer.revoked', {});
    if (state === 'expired') throw new Fault('auth.expired', {});
    return toViewerToken(stored);
  }

  getState(id: string): 'good' | 'revoked' | 'expired' {
    const stored = this.#tokens.find((each) => each.id === id);
    return stored === undefined ? 'revoked' : this.#getState(stored);
  }

  /** The tokens to keep when one more of `key` is added. Throws `viewer.full`. */
  #makeRoom(tokens: readonly StoredToken[], key: string | undefined): StoredToken[] {
    const valid = tokens.filter((each) => this.#getState(each) === 'good');
    const ownCount = valid.filter((each) => each.key === key).length;
    if (key !== undefined && ownCount >= LIMITS.viewerTokensPerKeyMax)
      throw new Fault('viewer.full', { count: ownCount, what: 'viewer tokens of this key' });
    if (valid.length >= LIMITS.viewerTokensMax)
      throw new Fault('viewer.full', { count: valid.length, what: 'viewer tokens' });
    const nowMs = this.#nowMs();
    const ended = tokens.filter((each) => this.#getState(each) !== 'good' && nowMs - getEndMs(each) < RETENTION_MS);
    // In the order in which they were created, so the oldest go first.
    const excess = valid.length + ended.length + 1 - LIMITS.viewerTokensMax;
    const kept = new Set([...valid, ...ended.slice(Math.max(0, excess))]);
    return tokens.filter((each) => kept.has(each));
  }

  get #tokens(): readonly StoredToken[] {
    return this.#file.read()?.viewers ?? [];
  }

  #getState({ revoked, expires }: StoredToken): 'good' | 'revoked' | 'expired' {
    if (revoked !== undefined) return 'revoked';
    return expires !== undefined && Date.parse(expires) <= this.#nowMs() ? 'expired' : 'good';
  }

  #change(edit: (tokens: readonly StoredToken[]) => readonly StoredToken[]): void {
    this.#file.update((current) => ({ version: 1, viewers: [...edit(current?.viewers ?? [])] }));
  }
}

/** When it became invalid, ms since 1970. */
function getEndMs({ revoked, expires }: StoredToken): number {
  return Date.parse(revoked ?? expires ?? '9999-01-01T00:00:00Z');
}

function toViewerToken({ id, room, key, signer, label, created, expires }: StoredToken): ViewerToken {
  return { id, room, key, signer, label, created, expires };
}
