import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './sync-folder.ts';
import { lockForWriting, type WriteLockOptions } from './write-lock.ts';

export interface ReplaceOptions extends WriteLockOptions {
  /**
   * Whether the new content is on the disk when this returns; otherwise it is in the system's cache, which outlives
   * this process.
   */
  readonly sync: boolean;
}

/**
 * Writes a new file next to the old one and then renames it, so that nobody ever reads half of it, and a full disk
 * leaves the old one intact. The file is readable only by its owner; its folder is created if missing.
 *
 * `renderContent` may read the old file: until the new one is in place, no other process that uses this function can
 * change it, so no concurrent change is lost. Throws what `renderContent` or the file system throws, and an error with
 * the code `EBUSY` when another process takes too long.
 */
export function replaceFile(path: string, renderContent: () => string, { sync, ...options }: ReplaceOptions): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = lockForWriting(path, options);
  try {
    removeDrafts(path);
    const draft = `${path}.${randomUUID()}.new`;
    try {
      writeDraft(draft, renderContent(), sync);
      lock.assertHeld();
      renameSync(draft, path);
    } catch (error) {
      // A full disk needs the room.
      rmSync(draft, { force: true });
      throw error;
    }
    if (sync) syncFolder(dirname(path));
  } finally {
    lock.release();
  }
}

function writeDraft(draft: string, content: string, sync: boolean): void {
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    if (sync) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Removes drafts of processes that were killed while writing: the holder of the lock is the only writer. */
function removeDrafts(path: string): void {
  const name = basename(path);
  const folder = dirname(path);
  // Earlier versions did not add a unique name.
  for (const each of readdirSync(folder))
    if (each.startsWith(name) && /^(\.[0-9a-f-]{36})?\.new$/.test(each.slice(name.length)))
      rmSync(join(folder, each), { force: true });
}
