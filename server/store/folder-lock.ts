import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps two servers from taking each other's sessions for left behind. A lock whose process is gone does not count. */
export class FolderLock {
  readonly #path: string;

  /** Throws when a process that is alive has the folder. */
  constructor(folder: string) {
    this.#path = join(folder, 'lock');
    const mine = `${process.pid} ${startOf(process.pid)}`;
    for (let attempt = 0; ; attempt++) {
      try {
        const file = openSync(this.#path, 'wx', 0o600);
        writeSync(file, mine);
        closeSync(file);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw error;
        const [pid, start] = readFileSync(this.#path, 'utf8').split(' ');
        if (isAlive(Number(pid), start ?? ''))
          throw Object.assign(new Error('another server has the folder'), { code: 'ELOCKED' });
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
