import { closeSync, constants, fdatasyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../files/sync-folder.ts';
import type { Journal, JournalEntry } from '../ports/journal-store.ts';
import { encodeEntry } from './entries.ts';

export interface FileJournalOptions {
  readonly path: string;
  /** `always`: on the disk before `append` returns. `never`: with the system, which outlives this process. */
  readonly sync: 'always' | 'never';
  readonly sessionBytesMax: number;
  /** Told how the size changes; throws when all journals together would be too large. */
  grown(bytes: number): void;
  /** How content and names reach the disk with `always`; by default as the system does it. Tests see when. */
  readonly disk?: Disk | undefined;
}

export interface Disk {
  syncFile(file: number): void;
  syncFolder(folder: string): void;
}

const DISK: Disk = { syncFile: fdatasyncSync, syncFolder };

/** One session's journal in one file that only its owner can read. */
export class FileJournal implements Journal {
  readonly #options: FileJournalOptions;
  #file: number | undefined;
  #bytes: number;

  /** `bytes` is the size of a file that is there already. */
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
    const fresh = openSync(
      `${path}.new`,
      constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND | constants.O_WRONLY,
      0o600,
    );
    try {
      this.#write(fresh, bytes);
      renameSync(`${path}.new`, path);
    } catch (error) {
      closeSync(fresh);
      throw error;
    }
    this.#close();
    this.#file = fresh;
    this.#syncFolder();
  }

  remove(): void {
    try {
      this.#close();
      for (const more of ['', '.new', '.tries']) rmSync(`${this.#options.path}${more}`, { force: true });
      // A power cut must not bring a session back that has ended.
      this.#syncFolder();
    } catch {
      // A folder that cannot be written keeps what it has; nothing can be done about it here.
    }
    this.#options.grown(-this.#bytes);
    this.#bytes = 0;
  }

  #reserve(bytes: number): void {
    const { sessionBytesMax, grown } = this.#options;
    if (this.#bytes + bytes > sessionBytesMax) throw new RangeError(`a journal of ${this.#bytes + bytes} bytes`);
    grown(bytes);
    this.#bytes += bytes;
  }

  #write(file: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
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
