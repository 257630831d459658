import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.ts';

export interface ReplaceOptions {
  /** Whether the new content is on the disk when this returns; otherwise it is with the system, which outlives this process. */
  readonly sync: boolean;
  /** How long a draft of another process may stay as it is before it counts as left by a crash, ms; 1000 by default. */
  readonly staleMs?: number;
}

const STALE_MS = 1_000;
const RETRY_MS = 10;

/**
 * Writes a new file beside the old one and only then gives it the name, so that nobody ever reads half of it, and a full
 * disk leaves the old one as it is. The file is readable by its owner alone; its folder is made if it is missing.
 *
 * `contentOf` may read the old file: until the new one has its place, no other process that uses this function can
 * change it, so no change of two at the same time is lost. Throws what `contentOf` or the file system throws.
 */
export function replaceFile(path: string, contentOf: () => string, { sync, staleMs = STALE_MS }: ReplaceOptions): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  let file: number | undefined = openDraft(draft, staleMs);
  try {
    writeFileSync(file, contentOf());
    if (sync) fsyncSync(file);
    closeSync(file);
    file = undefined;
    renameSync(draft, path);
  } catch (error) {
    if (file !== undefined) closeSync(file);
    // A full disk needs the room, and the next writer the name.
    rmSync(draft, { force: true });
    throw error;
  }
  if (sync) syncFolder(dirname(path));
}

/**
 * Creates the draft, which only one process can do at a time. One that does not change for too long, by this process's
 * own monotonic clock, was left by a process that was killed while it wrote.
 */
function openDraft(draft: string, staleMs: number): number {
  let stamp = '';
  let sinceMs = performance.now();
  for (;;) {
    try {
      return openSync(draft, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const now = stampOf(draft);
    if (now !== stamp) {
      stamp = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs >= staleMs) rmSync(draft, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
  }
}

function stampOf(path: string): string {
  try {
    const { ino, ctimeMs, size } = statSync(path);
    return `${ino} ${ctimeMs} ${size}`;
  } catch {
    return '';
  }
}
