import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const SCOPES = ['stream', 'token', 'metrics'] as const;

const Key = z.strictObject({
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
export type Key = z.infer<typeof Key>;

const Contents = z.strictObject({
  version: z.literal(1),
  /** Signs browser tokens, base64url. A new one makes all of them worthless. */
  tokenSecret: z.string().min(43),
  keys: z.array(Key).max(10_000),
});
export type Contents = z.infer<typeof Contents>;

/** `keys.json` in the data folder: hashes only, readable by its owner alone. */
export class KeyFile {
  readonly path: string;
  readonly #folder: string;
  #read: { readonly stamp: string; readonly contents: Contents } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'keys.json');
  }

  /** Reads again when the file has changed. Throws an error for the operator when it is broken or others can read it. */
  contents(): Contents | undefined {
    let stamp: string;
    try {
      const { mtimeMs, size, ino, mode } = statSync(this.path);
      if (process.platform !== 'win32' && (mode & 0o077) !== 0)
        throw this.#problem('readable by others', `readable by its owner alone; run \`chmod 600 ${this.path}\``);
      stamp = `${mtimeMs} ${size} ${ino}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#read = undefined;
      return undefined;
    }
    if (this.#read?.stamp !== stamp) this.#read = { stamp, contents: this.#parse() };
    return this.#read.contents;
  }

  /** Writes a whole new file and only then gives it the name, so that no reader sees half of it. */
  change(edit: (keys: readonly Key[]) => readonly Key[]): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const now = this.contents();
    const contents: Contents = {
      version: 1,
      tokenSecret: now?.tokenSecret ?? randomBytes(32).toString('base64url'),
      keys: [...edit(now?.keys ?? [])],
    };
    const draft = `${this.path}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify(contents, undefined, 2)}\n`, { mode: 0o600, flush: true });
    chmodSync(draft, 0o600);
    renameSync(draft, this.path);
  }

  #parse(): Contents {
    try {
      return Contents.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch (cause) {
      throw this.#problem('not a file of keys', 'as `sotto keys add` wrote it', cause);
    }
  }

  #problem(got: string, want: string, cause?: unknown): Error {
    // No fault: the text names a path, and faults are told to strangers.
    return new Error(`${this.path} is ${got}; it must be ${want}.`, { cause });
  }
}
