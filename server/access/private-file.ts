import { readFileSync, statSync } from 'node:fs';
import { replaceFile } from '../files/replace-file.ts';

export interface PrivateFileFormat<T> {
  /** Parses the contents. Throws when they are something else. */
  parse(value: unknown): T;
  /** What the file holds, and which command writes it, for people. */
  readonly contentName: string;
  readonly writtenBy: string;
}

/** A JSON file that only its owner may read, and that other processes of that owner may change while this one runs. */
export class PrivateFile<T> {
  readonly path: string;
  readonly #format: PrivateFileFormat<T>;
  #cached: { readonly stamp: string; readonly contents: T } | undefined;

  constructor(path: string, format: PrivateFileFormat<T>) {
    this.path = path;
    this.#format = format;
  }

  /**
   * Reads the file again if it has changed. Throws an error for the operator when it is broken or readable by others.
   */
  read(): T | undefined {
    let stamp: string;
    try {
      const { mtimeMs, size, ino, mode } = statSync(this.path);
      if (process.platform !== 'win32' && (mode & 0o077) !== 0)
        throw this.#createError('readable by others', `readable by its owner alone; run \`chmod 600 ${this.path}\``);
      stamp = `${mtimeMs} ${size} ${ino}`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.#cached = undefined;
      return undefined;
    }
    if (this.#cached?.stamp !== stamp) this.#cached = { stamp, contents: this.#parse() };
    return this.#cached.contents;
  }

  /**
   * Replaces the contents, completely or not at all, and on the disk when this returns, so that a power cut does not
   * bring back a revoked key. `edit` gets the current contents; no other process changes them meanwhile. Throws an
   * error for the operator when the file cannot be read or written, and whatever `edit` throws; the file is then
   * unchanged.
   */
  update(edit: (current: T | undefined) => T): void {
    const renderContents = (): string => {
      const contents = edit(this.read());
      // Contents that cannot be read again would lock everybody out.
      this.#format.parse(contents);
      return `${JSON.stringify(contents, undefined, 2)}\n`;
    };
    try {
      replaceFile(this.path, renderContents, { sync: true });
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (syscall === undefined) throw error;
      throw Object.assign(new Error(`${this.path} cannot be written (${code}).`, { cause: error }), { code });
    }
  }

  #parse(): T {
    try {
      return this.#format.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch (cause) {
      throw this.#createError(
        `not a file of ${this.#format.contentName}`,
        `as \`${this.#format.writtenBy}\` wrote it`,
        cause,
      );
    }
  }

  #createError(got: string, want: string, cause?: unknown): Error {
    // Not a fault: the text names a path, and faults are sent to clients.
    return new Error(`${this.path} is ${got}; it must be ${want}.`, { cause });
  }
}
