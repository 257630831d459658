import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type KernelLock, type LockLibrary, loadLockLibrary, lockFile } from './kernel-lock.ts';
import { describeThisProcess, formatHolder, isHolderRunning, isSamePidNamespace, parseHolder } from './lock-holder.ts';

export interface WriteLockOptions {
  /** The database library, used to get a kernel lock; undefined where there is none. Loaded by default. */
  readonly library?: LockLibrary | undefined;
  /** How long to wait for another process, ms; 3000 by default. */
  readonly waitMs?: number;
  /**
   * Without the library: how long a lock file may stay unchanged, when its process cannot be checked (because it runs
   * in another container, say), before it counts as left by a crash, ms; 2000 by default.
   */
  readonly staleMs?: number;
}

/** The right to replace one file; one process has it at a time. */
export interface WriteLock {
  /** Throws with the code `EBUSY` when another process considered this one dead and has taken the lock. */
  assertHeld(): void;
  release(): void;
}

const WAIT_MS = 3_000;
const STALE_MS = 2_000;
const RETRY_MS = 10;

/**
 * Waits for the right to replace `path`. Throws with the code `EBUSY` when another process holds it for longer than
 * `waitMs`, and what the file system throws.
 *
 * The kernel releases its lock, on `path.lock.db`, when the holder's process ends and at no other time, however slow
 * its disk is. That file stays. Without the database library, `path.lock` names the process that created it.
 */
export function lockForWriting(path: string, options: WriteLockOptions = {}): WriteLock {
  const { waitMs = WAIT_MS, staleMs = STALE_MS } = options;
  const library = 'library' in options ? options.library : loadLockLibrary();
  const endMs = performance.now() + waitMs;
  const kernel = library && waitFor(() => lockWithKernel(path, library), endMs, path);
  if (kernel !== undefined && kernel !== 'none') return { assertHeld() {}, release: () => kernel.release() };
  const lockPath = `${path}.lock`;
  const isStale = createStaleCheck(lockPath, staleMs);
  const text = waitFor(() => createLock(lockPath) ?? (isStale() ? replaceLock(lockPath) : undefined), endMs, path);
  return {
    assertHeld: () => {
      if (readText(lockPath) !== text) throw busyError(path);
    },
    release: () => {
      if (readText(lockPath) === text) rmSync(lockPath, { force: true });
    },
  };
}

/** Tries until `attempt` returns something. */
function waitFor<T>(attempt: () => T | undefined, endMs: number, path: string): T {
  for (;;) {
    const outcome = attempt();
    if (outcome !== undefined) return outcome;
    if (performance.now() >= endMs) throw busyError(path);
    pause(RETRY_MS);
  }
}

/** Undefined while another process has it; `none` where the file system has no locks. */
function lockWithKernel(path: string, library: LockLibrary): KernelLock | 'none' | undefined {
  const outcome = lockFile(`${path}.lock.db`, library);
  return outcome === 'held' ? undefined : (outcome ?? 'none');
}

/**
 * Returns the unique text of the new lock file; inode numbers would not do, because they are reused at once. Undefined
 * when there is a lock file already.
 */
function createLock(lockPath: string): string | undefined {
  const text = `${formatHolder(describeThisProcess('number'))} ${randomUUID()}`;
  let file: number;
  try {
    file = openSync(lockPath, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  try {
    writeFileSync(file, text);
  } catch (error) {
    rmSync(lockPath, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return text;
}

/** Several processes may find the same lock stale and remove it; only one of them still has its own a little later. */
function replaceLock(lockPath: string): string | undefined {
  rmSync(lockPath, { force: true });
  const text = createLock(lockPath);
  if (text === undefined) return undefined;
  pause(RETRY_MS * 5);
  return readText(lockPath) === text ? text : undefined;
}

/** Returns a function that tells, when called repeatedly, whether the lock file was left by a process that is gone. */
function createStaleCheck(lockPath: string, staleMs: number): () => boolean {
  const self = describeThisProcess('number');
  let text: string | undefined;
  let sinceMs = performance.now();
  return () => {
    const current = readText(lockPath);
    if (current !== text) {
      text = current;
      sinceMs = performance.now();
    }
    const holder = current === undefined ? undefined : parseHolder(current);
    if (holder !== undefined && isSamePidNamespace(holder, self)) {
      if (!isHolderRunning(holder)) return true;
      // Its number alone may belong to another process by now.
      if (holder.start !== '') return false;
    }
    return current !== undefined && performance.now() - sinceMs >= staleMs;
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function busyError(path: string): Error {
  const text = `another process is writing ${path}`;
  return Object.assign(new Error(text), { code: 'EBUSY', syscall: 'lock', path });
}
