import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface OwnFileForm<T> {
  /** Throws when it is something else. */
  read(value: unknown): T;
  /** What it holds, and what writes it, for people. */
  readonly of: string;
  readonly by: string;
}

/** A JSON file that only its owner may read, and that others of the same owner may change while this process runs. */
export class OwnFile<T> {
  readonly path: string;
  readonly #form: OwnFileForm<T>;
  #read: { readonly stamp: string; readonly contents: T } | undefined;

  constructor(path: string, form: OwnFileForm<T>) {
    this.path = path;
    this.#form = form;
  }

  /** Reads again when the file has changed. Throws an error for the operator when it is broken or others can read it. */
  contents(): T | undefined {
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
  write(contents: T): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify(contents, undefined, 2)}\n`, { mode: 0o600, flush: true });
    chmodSync(draft, 0o600);
    renameSync(draft, this.path);
  }

  #parse(): T {
    try {
      return this.#form.read(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch (cause) {
      throw this.#problem(`not a file of ${this.#form.of}`, `as \`${this.#form.by}\` wrote it`, cause);
    }
  }

  #problem(got: string, want: string, cause?: unknown): Error {
    // No fault: the text names a path, and faults are told to strangers.
    return new Error(`${this.path} is ${got}; it must be ${want}.`, { cause });
  }
}
