import { closeSync, constants, fdatasyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../files/sync-folder.ts';
import type { Journal, JournalEntry } from '../ports/journal-store.ts';
import { encodeEntry } from './entries.ts';

export interface FileJournalOptions {
  readonly path: string;
  /** `always`: on the disk before `append` returns. `never`: in the system's cache, which outlives this process. */
  readonly sync: 'always' | 'never';
  readonly sessionBytesMax: number;
  /** Reports a change of size; throws when all journals together would be too large. */
  onGrowth(bytes: number): void;
  /** How content and names reach the disk with `always`; defaults to the system calls. Tests observe it. */
  readonly disk?: Disk | undefined;
}

export interface Disk {
  syncFile(file: number): void;
  syncFolder(folder: string): void;
}

const DISK: Disk = { syncFile: fdatasyncSync, syncFolder };

/** Stores one session's journal in a file that only its owner can read. */
export class FileJournal implements Journal {
  readonly #options: FileJournalOptions;
  #file: number | undefined;
  #bytes: number;

  /** `bytes` is the size of a file that exists already. */
  constructor(options: FileJournalOptions, bytes = 0) {
    this.#options = options;
    this.#bytes = bytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(entry: JournalEntry): void {
    const bytes = encodeEntry(entry);
    this.#reserve(bytes.length);
    const isNew = this.#file === undefined;
    this.#file ??= openSync(this.#options.path, 'a', 0o600);
    this.#write(this.#file, bytes);
    if (isNew) this.#syncFolder();
  }

  replace(entries: readonly JournalEntry[]): void {
    const { path } = this.#options;
    const bytes = Buffer.concat(entries.map(encodeEntry));
    this.#reserve(bytes.length - this.#bytes);
    const replacement = openSync(
      `${path}.new`,
      constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND | constants.O_WRONLY,
      0o600,
    );
    try {
      this.#write(replacement, bytes);
      renameSync(`${path}.new`, path);
    } catch (error) {
      closeSync(replacement);
      throw error;
    }
    this.#close();
    this.#file = replacement;
    this.#syncFolder();
  }

  remove(): void {
    try {
      this.#close();
      for (const suffix of ['', '.new', '.tries']) rmSync(`${this.#options.path}${suffix}`, { force: true });
      // After a power cut, an ended session must not come back.
      this.#syncFolder();
    } catch {
      // Nothing can be done here about a folder that cannot be written.
    }
    this.#options.onGrowth(-this.#bytes);
    this.#bytes = 0;
  }

  #reserve(bytes: number): void {
    const { sessionBytesMax, onGrowth } = this.#options;
    if (this.#bytes + bytes > sessionBytesMax) throw new RangeError(`a journal of ${this.#bytes + bytes} bytes`);
    onGrowth(bytes);
    this.#bytes += bytes;
  }

  #write(file: number, bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
    if (this.#options.sync === 'always') (this.#options.disk ?? DISK).syncFile(file);
  }

  #syncFolder(): void {
    if (this.#options.sync === 'always') (this.#options.disk ?? DISK).syncFolder(dirname(this.#options.path));
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
