import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

/** Keeps two servers from taking each other's sessions for left behind. A lock whose process is gone does not count. */
export class FolderLock {
  readonly #path: string;
  /** How far the wall clock has been set since the process that died with the lock began, ms; 0 where nobody knows. */
  readonly clockSetMs: number = 0;

  /** Throws when a process that is alive has the folder. */
  constructor(folder: string) {
    this.#path = join(folder, 'lock');
    const boot = bootOf();
    const mine = `${process.pid} ${startOf(process.pid)} ${boot.id} ${boot.wallMs}`;
    for (let attempt = 0; ; attempt++) {
      try {
        const file = openSync(this.#path, 'wx', 0o600);
        writeSync(file, mine);
        closeSync(file);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw error;
        const [pid, start, id, wallMs] = readFileSync(this.#path, 'utf8').split(' ');
        if (isAlive(Number(pid), start ?? ''))
          throw Object.assign(new Error('another server has the folder'), { code: 'ELOCKED' });
        if (boot.id !== '' && id === boot.id && Number.isFinite(Number(wallMs)))
          this.clockSetMs = boot.wallMs - Number(wallMs);
        rmSync(this.#path, { force: true });
      }
    }
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // A number is given out again, in a container at every start.
  return start === startOf(pid);
}

/** When a process began, in the kernel's ticks since boot; empty where the system does not say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** This run of the machine, and when it began by the wall clock as that is set now, ms. */
function bootOf(): { readonly id: string; readonly wallMs: number } {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { id, wallMs: Math.round(Date.now() - uptime() * 1_000) };
  } catch {
    return { id: '', wallMs: 0 };
  }
}
