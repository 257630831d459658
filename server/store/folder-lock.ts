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
  /** How often the heartbeat is renewed when there is no library, ms; 2000 by default. */
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 2_000;
/** How many heartbeats must be missing before the holder counts as gone. */
const MISSED_HEARTBEATS = 4;

/**
 * Keeps two servers from taking each other's files for leftovers, even when they run in separate containers that share
 * the folder.
 *
 * The lock is a kernel lock on `lock.db`. It ends with its process, however that ends, so the next server neither waits
 * nor guesses; it works between containers, whose processes cannot see each other; and it survives suspend. A process
 * number (not unique between containers) or a heartbeat (late on a machine under load, a wait after every crash) has
 * none of these properties. Network file systems pass such locks on to their server, unless mounted with `nolock` (NFS)
 * or `nobrl` (SMB); two machines must not share a folder over one of those.
 *
 * Where the database library is missing, or the file system has no locks, the holder renews the timestamp of `lock`
 * instead. A process of the same container is then still checked by its number. Any other process can only be judged by
 * time: it counts as gone when the timestamp has not changed over four heartbeats of the waiting process's own
 * monotonic clock. Wall clocks are not compared.
 */
export class FolderLock {
  /** How far the wall clock has been set since the process that died with the lock started, ms; 0 if unknown. */
  readonly clockSetMs: number = 0;
  readonly #path: string;
  readonly #kernel: KernelLock | undefined;
  #file: number | undefined;
  #heartbeatTimer: NodeJS.Timeout | undefined;

  /** Throws with the code `ELOCKED` when a running process holds the folder, and whatever the file system throws. */
  constructor(folder: string, options: FolderLockOptions = {}) {
    this.#path = join(folder, 'lock');
    const { heartbeatMs = HEARTBEAT_MS } = options;
    const library = 'library' in options ? options.library : loadLockLibrary();
    const kernel = library && lockFile(join(folder, 'lock.db'), library);
    if (kernel === 'held') throw lockedError(folder);
    this.#kernel = kernel;
    try {
      const self = describeThisProcess(kernel === undefined ? 'heartbeat' : 'kernel');
      const leftover = readLeftover(this.#path);
      if (leftover !== undefined && isHeld(leftover, self, heartbeatMs * MISSED_HEARTBEATS)) throw lockedError(folder);
      const { holder } = leftover ?? {};
      if (holder !== undefined && self.bootId !== '' && holder.bootId === self.bootId)
        this.clockSetMs = self.bootWallMs - holder.bootWallMs;
      this.#file = createFile(this.#path, folder);
      writeHolder(this.#file, self);
      if (kernel === undefined) this.#heartbeatTimer = setInterval(() => this.#renew(), heartbeatMs).unref();
    } catch (error) {
      kernel?.release();
      throw error;
    }
  }

  /** Releases the folder to other processes. */
  release(): void {
    if (this.#file === undefined) return;
    clearInterval(this.#heartbeatTimer);
    try {
      if (readStamp(this.#path)?.inode === fstatSync(this.#file).ino) rmSync(this.#path, { force: true });
    } catch {
      // The folder can no longer be written; the next server will notice that this process is gone.
    }
    closeSync(this.#file);
    this.#file = undefined;
    this.#kernel?.release();
  }

  /** Renews only its own file, even where another process has put one in its place. */
  #renew(): void {
    try {
      const now = new Date();
      futimesSync(this.#file!, now, now);
    } catch {
      // The file system has become read-only, so no other process can take the folder either.
    }
  }
}

interface LeftoverLock {
  readonly path: string;
  /** Undefined when the file does not say. */
  readonly holder: LockHolder | undefined;
}

function lockedError(folder: string): Error {
  return Object.assign(new Error(`another server uses the folder ${folder}`), { code: 'ELOCKED' });
}

function readLeftover(path: string): LeftoverLock | undefined {
  try {
    return { path, holder: parseHolder(readFileSync(path, 'utf8')) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Whether the process that wrote `lock` still holds the folder; `self` has the kernel's lock when there is one at all.
 */
function isHeld({ path, holder }: LeftoverLock, self: LockHolder, waitMs: number): boolean {
  if (holder?.by === 'number') return isHolderRunning(holder);
  if (self.by === 'kernel' && holder?.by !== 'heartbeat') return false;
  if (holder !== undefined && isSamePidNamespace(holder, self)) return isHolderRunning(holder);
  // A process without the library knows only that a kernel lock does not outlive the boot.
  if (holder?.by === 'kernel') return holder.bootId === self.bootId;
  return isRenewed(path, waitMs);
}

/** Watches the file's timestamp for `waitMs`, on this process's own monotonic clock. */
function isRenewed(path: string, waitMs: number): boolean {
  const before = readStamp(path)?.timeMs;
  const endMs = performance.now() + waitMs;
  while (performance.now() < endMs) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(100, waitMs / 10));
    if (readStamp(path)?.timeMs !== before) return true;
  }
  return false;
}

/** Opened each time: otherwise network file systems answer from their cache. */
function readStamp(path: string): { readonly inode: number; readonly timeMs: number } | undefined {
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
    // Another server was faster.
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? lockedError(folder) : error;
  }
}

/**
 * Writes the holder into the lock file. On a full disk the file stays empty, which is no reason to give up the folder:
 * there may be room later.
 */
function writeHolder(file: number, self: LockHolder): void {
  try {
    writeSync(file, formatHolder(self));
  } catch (error) {
    if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
