import { readFileSync, statSync } from 'node:fs';
import { replaceFile } from '../files/replace-file.ts';

export interface PrivateFileFormat<T> {
  /** Throws when it is something else. */
  read(value: unknown): T;
  /** What it holds, and what writes it, for people. */
  readonly of: string;
  readonly by: string;
}

/** A JSON file that only its owner may read, and that others of the same owner may change while this process runs. */
export class PrivateFile<T> {
  readonly path: string;
  readonly #form: PrivateFileFormat<T>;
  #read: { readonly stamp: string; readonly contents: T } | undefined;

  constructor(path: string, form: PrivateFileFormat<T>) {
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

  /**
   * Replaces what the file holds, whole or not at all, and on the disk when this returns: a key that was taken back does
   * not come back with a power cut. `edit` is given what it holds now; no other process changes it meanwhile. Throws an
   * error for the operator when it cannot be read or written, and what `edit` throws; the file is then as it was.
   */
  change(edit: (now: T | undefined) => T): void {
    const contentOf = (): string => {
      const contents = edit(this.contents());
      // What could not be read again would lock everybody out.
      this.#form.read(contents);
      return `${JSON.stringify(contents, undefined, 2)}\n`;
    };
    try {
      replaceFile(this.path, contentOf, { sync: true });
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      throw Object.assign(new Error(`${this.path} cannot be written (${code}).`, { cause: error }), { code });
    }
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
