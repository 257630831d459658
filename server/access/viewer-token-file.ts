import { randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault, LIMITS, RoomName } from '../../protocol/index.ts';
import type { NewViewerToken, ViewerToken, ViewerTokens } from '../ports/viewer-tokens.ts';
import { hashSecret, UNKNOWN_KEY } from './keys.ts';
import { PrivateFile } from './private-file.ts';

const StoredPass = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  room: RoomName,
  key: z.string().optional(),
  signer: z.string().optional(),
  label: z.string().max(100).optional(),
  /** sha256 of the secret part, hex. The secret has 256 random bits, so a slow hash would add nothing. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
  revoked: z.iso.datetime().optional(),
});
type StoredPass = z.infer<typeof StoredPass>;

const Contents = z.strictObject({ version: z.literal(1), viewers: z.array(StoredPass) });

/** `view_ID_SECRET`: the id finds the pass, the secret proves it. */
const SHAPE = /^view_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
/** How long it is remembered that a pass was taken back or has expired, ms; then it is just unknown. */
const REMEMBERED_MS = 30 * 86_400_000;

/** `viewers.json` in the data folder: hashes of viewer tokens. Changes of the file count at once. */
export class ViewerTokenFile implements ViewerTokens {
  readonly #file: PrivateFile<z.infer<typeof Contents>>;
  readonly #nowMs: () => number;

  constructor(folder: string, nowMs: () => number) {
    const read = (value: unknown) => Contents.parse(value);
    this.#file = new PrivateFile(join(folder, 'viewers.json'), { read, of: 'viewers', by: 'sotto rooms viewers add' });
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
    const pass: StoredPass = {
      ...{ id, room, hash: hashSecret(secret).toString('hex'), created: new Date(nowMs).toISOString() },
      ...(key === undefined ? {} : { key }),
      ...(label === undefined ? {} : { label }),
      ...(token === undefined ? {} : { signer: token.signer }),
      ...(endMs === Number.POSITIVE_INFINITY ? {} : { expires: new Date(endMs).toISOString() }),
    };
    this.#change((all) => [...this.#withRoom(all, key), pass]);
    return { ...shown(pass), token: `view_${id}_${secret}` };
  }

  list(room: string): readonly ViewerToken[] {
    return this.#all.filter((each) => each.room === room && this.#stateOf(each) === 'good').map(shown);
  }

  revoke(room: string, id: string): ViewerToken | undefined {
    const pass = this.#all.find((each) => each.id === id && each.room === room && this.#stateOf(each) === 'good');
    if (pass === undefined) return undefined;
    const revoked = new Date(this.#nowMs()).toISOString();
    this.#change((all) => all.map((each) => (each.id === id ? { ...each, revoked } : each)));
    return shown(pass);
  }

  verify(token: string): ViewerToken | undefined {
    const match = SHAPE.exec(token);
    const pass = this.#all.find(({ id }) => id === match?.[1]);
    // As long for a wrong id as for a wrong secret.
    const right = timingSafeEqual(
      hashSecret(match?.[2] ?? ''),
      pass === undefined ? UNKNOWN_KEY : Buffer.from(pass.hash, 'hex'),
    );
    if (!right || pass === undefined) return undefined;
    const state = this.#stateOf(pass);
    if (state === 'revoked') throw new Fault('viewer.revoked', {});
    if (state === 'expired') throw new Fault('auth.expired', {});
    return shown(pass);
  }

  getState(id: string): 'good' | 'revoked' | 'expired' {
    const pass = this.#all.find((each) => each.id === id);
    return pass === undefined ? 'revoked' : this.#stateOf(pass);
  }

  /** Those that are kept when one more of `key` comes. Throws `viewer.full`. */
  #withRoom(all: readonly StoredPass[], key: string | undefined): StoredPass[] {
    const good = all.filter((each) => this.#stateOf(each) === 'good');
    const own = good.filter((each) => each.key === key).length;
    if (key !== undefined && own >= LIMITS.viewerTokensPerKeyMax)
      throw new Fault('viewer.full', { count: own, what: 'viewer tokens of this key' });
    if (good.length >= LIMITS.viewerTokensMax)
      throw new Fault('viewer.full', { count: good.length, what: 'viewer tokens' });
    const nowMs = this.#nowMs();
    const ended = all.filter((each) => this.#stateOf(each) !== 'good' && nowMs - endOf(each) < REMEMBERED_MS);
    // In the order they were made, so the oldest go first.
    const excess = good.length + ended.length + 1 - LIMITS.viewerTokensMax;
    const kept = new Set([...good, ...ended.slice(Math.max(0, excess))]);
    return all.filter((each) => kept.has(each));
  }

  get #all(): readonly StoredPass[] {
    return this.#file.contents()?.viewers ?? [];
  }

  #stateOf({ revoked, expires }: StoredPass): 'good' | 'revoked' | 'expired' {
    if (revoked !== undefined) return 'revoked';
    return expires !== undefined && Date.parse(expires) <= this.#nowMs() ? 'expired' : 'good';
  }

  #change(edit: (all: readonly StoredPass[]) => readonly StoredPass[]): void {
    this.#file.change((now) => ({ version: 1, viewers: [...edit(now?.viewers ?? [])] }));
  }
}

/** When it stopped being good, ms since 1970. */
function endOf({ revoked, expires }: StoredPass): number {
  return Date.parse(revoked ?? expires ?? '9999-01-01T00:00:00Z');
}

function shown({ id, room, key, signer, label, created, expires }: StoredPass): ViewerToken {
  return { id, room, key, signer, label, created, expires };
}
