import { readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';

/** Who has a folder or a file, as the lock file beside it says. */
export interface LockHolder {
  readonly pid: number;
  /** When the process began, in the kernel's ticks since boot; empty where the system does not say. */
  readonly start: string;
  /** This run of the machine, and when it began by the wall clock of that time, ms; empty and 0 where unknown. */
  readonly bootId: string;
  readonly bootWallMs: number;
  /** In which its number counts, for containers have their own; empty where unknown. */
  readonly pidNamespace: string;
  /** How it shows that it lives: by a lock of the kernel's, by renewing the file's time, or, once, by its number alone. */
  readonly by: 'kernel' | 'heartbeat' | 'number';
}

export function describeThisProcess(by: LockHolder['by']): LockHolder {
  const { id, wallMs } = bootOf();
  return {
    ...{ pid: process.pid, start: startOf(process.pid), bootId: id, bootWallMs: wallMs },
    ...{ pidNamespace: namespaceOf(), by },
  };
}

export const formatHolder = ({ pid, start, bootId, bootWallMs, pidNamespace, by }: LockHolder): string =>
  [pid, start || '-', bootId || '-', bootWallMs, pidNamespace || '-', by].join(' ');

/** Undefined when it says nothing. Earlier versions wrote the first four fields. */
export function parseHolder(text: string): LockHolder | undefined {
  const [pid = '', start = '', bootId = '', wallMs = '', pidNamespace = '-', by] = text.trim().split(' ');
  if (!/^\d+$/.test(pid)) return undefined;
  const known = (field: string): string => (field === '-' ? '' : field);
  return {
    ...{ pid: Number(pid), start: known(start), bootId: known(bootId), bootWallMs: Number(wallMs) || 0 },
    ...{ pidNamespace: known(pidNamespace), by: by === 'heartbeat' || by === 'kernel' ? by : 'number' },
  };
}

/** Whether the number of one process means the same process to the other. */
export const isSamePidNamespace = (one: LockHolder, other: LockHolder): boolean =>
  one.bootId === other.bootId && one.pidNamespace === other.pidNamespace;

/** A number is given out again, in a container at every start; so the process must have begun at the same time, too. */
export function isHolderRunning({ pid, start }: LockHolder): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return start === startOf(pid);
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function namespaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
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
