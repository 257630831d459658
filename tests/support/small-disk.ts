import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (program: string, ...args: readonly string[]): boolean => spawnSync(program, args).status === 0;

/** Why there are no small disks here, to be printed where a test is skipped; false when there are. */
export function whyNoSmallDisk(): string | false {
  if (process.platform !== 'linux') return 'a disk of a given size is made as a tmpfs of Linux';
  const folder = mkdtempSync(join(tmpdir(), 'sotto-mount-'));
  const mounts = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder);
  if (mounts) run('umount', folder);
  rmSync(folder, { recursive: true, force: true });
  return mounts ? false : 'mounting a tmpfs takes root (CAP_SYS_ADMIN)';
}

/** A file system of its own that can really be full or read-only. */
export class SmallDisk {
  readonly folder: string;

  constructor(bytes: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'sotto-disk-'));
    this.#mount(`size=${bytes},mode=0700`);
  }

  /** Writes a file until no more than `leave` bytes are free. */
  fill(leave = 0): void {
    const file = openSync(join(this.folder, 'filling'), 'a');
    try {
      while (this.freeBytes > leave) writeSync(file, Buffer.alloc(4_096));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  clear(): void {
    rmSync(join(this.folder, 'filling'), { force: true });
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  /** As it is when nobody has a file of it open for writing. */
  makeReadOnly(): void {
    if (!run('mount', '-o', 'remount,ro', this.folder)) throw new Error('somebody writes to it');
  }

  /**
   * Puts an empty read-only file system in its place. Linux makes no file system read-only in which files are open for
   * writing; here those go on being written, and everything else fails.
   */
  coverReadOnly(): void {
    this.#mount('ro,size=64k');
  }

  uncover(): void {
    if (!run('umount', this.folder)) throw new Error(`${this.folder} cannot be unmounted`);
  }

  remove(): void {
    // Once for what may cover it, too.
    while (run('umount', '-l', this.folder));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #mount(options: string): void {
    if (!run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', this.folder)) throw new Error(`no tmpfs with ${options}`);
  }
}
