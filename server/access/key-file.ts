import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault, SCOPES } from '../../protocol/index.ts';
import { PrivateFile } from './private-file.ts';

/** Most keys a file may have; the oldest of those that were taken back make room for new ones. */
export const KEYS_MAX = 10_000;

const ApiKey = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  name: z.string().min(1).max(64),
  scopes: z.array(z.enum(SCOPES)).min(1),
  /** sha256 of the secret part, hex. The secret has 256 random bits, so a slow hash would add nothing. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
  revoked: z.iso.datetime().optional(),
  sessionsMax: z.int().positive().optional(),
  minutesPerDay: z.number().positive().optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

const KeyFileContents = z.strictObject({
  version: z.union([z.literal(1), z.literal(2)]),
  /** Signs browser tokens, base64url. A new one makes all of them worthless. */
  tokenSecret: z.string().min(43),
  keys: z.array(ApiKey).max(KEYS_MAX),
});
export type KeyFileContents = z.infer<typeof KeyFileContents>;

/** `keys.json` in the data folder: hashes only, readable by its owner alone. */
export class KeyFile {
  readonly #file: PrivateFile<KeyFileContents>;

  constructor(folder: string) {
    const read = (value: unknown) => upgraded(KeyFileContents.parse(value));
    this.#file = new PrivateFile(join(folder, 'keys.json'), { read, of: 'keys', by: 'sotto keys add' });
  }

  get path(): string {
    return this.#file.path;
  }

  /** Reads again when the file has changed. Throws an error for the operator when it is broken or others can read it. */
  contents(): KeyFileContents | undefined {
    return this.#file.contents();
  }

  /** See `PrivateFile`. Throws a `config.value` fault when there are too many keys. */
  change(edit: (keys: readonly ApiKey[]) => readonly ApiKey[]): void {
    this.#file.change((now) => ({
      version: 2,
      tokenSecret: now?.tokenSecret ?? randomBytes(32).toString('base64url'),
      keys: withinBound(edit(now?.keys ?? [])),
    }));
  }
}

function withinBound(keys: readonly ApiKey[]): ApiKey[] {
  const excess = Math.max(0, keys.length - KEYS_MAX);
  // In the order they were made.
  const gone = new Set(keys.filter(({ revoked }) => revoked !== undefined).slice(0, excess));
  if (gone.size < excess)
    throw new Fault('config.value', {
      name: 'keys',
      got: String(keys.length),
      want: `at most ${KEYS_MAX}; revoke some first`,
    });
  return keys.filter((key) => !gone.has(key));
}

/** In version 1 the scope `stream` also covered transcripts and viewers; those keys go on doing what they did. */
function upgraded(contents: KeyFileContents): KeyFileContents {
  if (contents.version === 2) return contents;
  const keys = contents.keys.map((key) => {
    if (!key.scopes.includes('stream')) return key;
    return { ...key, scopes: [...new Set([...key.scopes, 'transcripts' as const, 'viewers' as const])] };
  });
  return { ...contents, version: 2, keys };
}
