import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault, SCOPES } from '../../protocol/index.ts';
import { PrivateFile } from './private-file.ts';

/** Maximum number of keys in a file; the oldest revoked ones make room for new ones. */
export const KEYS_MAX = 10_000;

const ApiKey = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  name: z.string().min(1).max(64),
  scopes: z.array(z.enum(SCOPES)).min(1),
  /** SHA-256 of the secret part, hex. The secret has 256 random bits, so a slow hash would add nothing. */
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
  /** Signs browser tokens, base64url. Replacing it invalidates all of them. */
  tokenSecret: z.string().min(43),
  keys: z.array(ApiKey).max(KEYS_MAX),
});
export type KeyFileContents = z.infer<typeof KeyFileContents>;

/** `keys.json` in the data folder: hashes only, readable only by its owner. */
export class KeyFile {
  readonly #file: PrivateFile<KeyFileContents>;

  constructor(folder: string) {
    const parse = (value: unknown) => upgradeContents(KeyFileContents.parse(value));
    this.#file = new PrivateFile(join(folder, 'keys.json'), {
      parse,
      contentName: 'keys',
      writtenBy: 'sotto keys add',
    });
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Reads the file again if it has changed. Throws an error for the operator when it is broken or readable by others.
   */
  read(): KeyFileContents | undefined {
    return this.#file.read();
  }

  /** See `PrivateFile`. Throws a `config.value` fault when there are too many keys. */
  update(edit: (keys: readonly ApiKey[]) => readonly ApiKey[]): void {
    this.#file.update((current) => ({
      version: 2,
      tokenSecret: current?.tokenSecret ?? randomBytes(32).toString('base64url'),
      keys: dropExcessRevoked(edit(current?.keys ?? [])),
    }));
  }
}

function dropExcessRevoked(keys: readonly ApiKey[]): ApiKey[] {
  const excess = Math.max(0, keys.length - KEYS_MAX);
  // In the order in which they were created.
  const dropped = new Set(keys.filter(({ revoked }) => revoked !== undefined).slice(0, excess));
  if (dropped.size < excess)
    throw new Fault('config.value', {
      name: 'keys',
      got: String(keys.length),
      want: `at most ${KEYS_MAX}; revoke some first`,
    });
  return keys.filter((key) => !dropped.has(key));
}

/** In version 1 the scope `stream` also covered transcripts and viewers; such keys keep those rights. */
function upgradeContents(contents: KeyFileContents): KeyFileContents {
  if (contents.version === 2) return contents;
  const keys = contents.keys.map((key) => {
    if (!key.scopes.includes('stream')) return key;
    return { ...key, scopes: [...new Set([...key.scopes, 'transcripts' as const, 'viewers' as const])] };
  });
  return { ...contents, version: 2, keys };
}
