import { closeSync, fstatSync, futimesSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type KernelLock, type LockLibrary, loadLockLibrary, lockFile } from '../files/kernel-lock.ts';
import {
  describeThisProcess,
  formatHolder,
  isHolderRunning,
  isSamePidNamespace,
  type LockHolder,
  parseHolder,
} from '../files/lock-holder.ts';

export interface FolderLockOptions {
  /** The database library; undefined where there is none. Loaded by default. */
  readonly library?: LockLibrary | undefined;
  /** How often a lock without the library is renewed, ms; 2000 by default. */
  readonly beatMs?: number;
}

const BEAT_MS = 2_000;
/** Beats that must be missing before their holder counts as gone. */
const MISSED_BEATS = 4;

/**
 * Keeps two servers from taking each other's files for left behind, also when they run in containers of their own that
 * share the folder.
 *
 * The lock is the kernel's, on `lock.db`. It ends with its process, however that ends, so the next server need not wait
 * and can never be wrong about it; it holds between containers, whose processes cannot see each other; and it goes on
 * while a machine sleeps. A process number (not unique between containers) or a heartbeat (late on a machine under load,
 * a wait after every crash) has none of that. Network file systems pass such locks on to their server, unless mounted
 * with `nolock` (NFS) or `nobrl` (SMB); two machines must not share a folder over one of those.
 *
 * Where the database library is missing, or the file system has no locks, the holder renews the time of `lock` instead.
 * A process of the same container is then still looked for by its number. About any other, only time can tell: it counts
 * as gone when the file's time has not changed over four beats by the waiting process's own monotonic clock. Wall clocks
 * are not compared.
 */
export class FolderLock {
  /** How far the wall clock has been set since the process that died with the lock began, ms; 0 where nobody knows. */
  readonly clockSetMs: number = 0;
  readonly #path: string;
  readonly #kernel: KernelLock | undefined;
  #file: number | undefined;
  #beat: NodeJS.Timeout | undefined;

  /** Throws with the code `ELOCKED` when a process that is alive has the folder, and what the file system throws. */
  constructor(folder: string, options: FolderLockOptions = {}) {
    this.#path = join(folder, 'lock');
    const { beatMs = BEAT_MS } = options;
    const library = 'library' in options ? options.library : loadLockLibrary();
    const kernel = library && lockFile(join(folder, 'lock.db'), library);
    if (kernel === 'held') throw lockedError(folder);
    this.#kernel = kernel;
    try {
      const me = describeThisProcess(kernel === undefined ? 'heartbeat' : 'kernel');
      const left = readLeft(this.#path);
      if (left !== undefined && isHeld(left, me, beatMs * MISSED_BEATS)) throw lockedError(folder);
      const { holder } = left ?? {};
      if (holder !== undefined && me.bootId !== '' && holder.bootId === me.bootId)
        this.clockSetMs = me.bootWallMs - holder.bootWallMs;
      this.#file = createFile(this.#path, folder);
      describe(this.#file, me);
      if (kernel === undefined) this.#beat = setInterval(() => this.#renew(), beatMs).unref();
    } catch (error) {
      kernel?.release();
      throw error;
    }
  }

  /** Lets another process have the folder. */
  release(): void {
    if (this.#file === undefined) return;
    clearInterval(this.#beat);
    try {
      if (stampOf(this.#path)?.inode === fstatSync(this.#file).ino) rmSync(this.#path, { force: true });
    } catch {
      // A folder that can no longer be written: the next server sees that this process is gone.
    }
    closeSync(this.#file);
    this.#file = undefined;
    this.#kernel?.release();
  }

  /** Of its own file only, even where another process has put one in its place. */
  #renew(): void {
    try {
      const now = new Date();
      futimesSync(this.#file!, now, now);
    } catch {
      // A file system that has become read-only: nobody else can take the folder then either.
    }
  }
}

interface LeftLock {
  readonly path: string;
  /** Undefined when the file does not say. */
  readonly holder: LockHolder | undefined;
}

function lockedError(folder: string): Error {
  return Object.assign(new Error(`another server uses the folder ${folder}`), { code: 'ELOCKED' });
}

function readLeft(path: string): LeftLock | undefined {
  try {
    return { path, holder: parseHolder(readFileSync(path, 'utf8')) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether whoever wrote `lock` still has the folder; `me` has the kernel's lock when it has one at all. */
function isHeld({ path, holder }: LeftLock, me: LockHolder, waitMs: number): boolean {
  if (holder?.by === 'number') return isHolderRunning(holder);
  if (me.by === 'kernel' && holder?.by !== 'heartbeat') return false;
  if (holder !== undefined && isSamePidNamespace(holder, me)) return isHolderRunning(holder);
  // Of the kernel's lock a process without the library knows only that it does not outlive the machine.
  if (holder?.by === 'kernel') return holder.bootId === me.bootId;
  return isRenewed(path, waitMs);
}

/** Watches the file's time for so long, by this process's own monotonic clock. */
function isRenewed(path: string, waitMs: number): boolean {
  const before = stampOf(path)?.timeMs;
  const endMs = performance.now() + waitMs;
  while (performance.now() < endMs) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(100, waitMs / 10));
    if (stampOf(path)?.timeMs !== before) return true;
  }
  return false;
}

/** Opened each time: network file systems answer from memory otherwise. */
function stampOf(path: string): { readonly inode: number; readonly timeMs: number } | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { ino, mtimeMs } = fstatSync(file);
    return { inode: ino, timeMs: mtimeMs };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function createFile(path: string, folder: string): number {
  rmSync(path, { force: true });
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    // Another server has been faster.
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? lockedError(folder) : error;
  }
}

/** On a full disk the file stays empty, which is no reason not to have the folder: there may be room later. */
function describe(file: number, me: LockHolder): void {
  try {
    writeSync(file, formatHolder(me));
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
