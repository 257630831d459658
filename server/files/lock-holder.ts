import { readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';

/** The process that holds a folder or a file, as the lock file next to it says. */
export interface LockHolder {
  readonly pid: number;
  /** When the process started, in the kernel's ticks since boot; empty where the system does not say. */
  readonly start: string;
  /** The current boot, and when it began by the wall clock of that time, ms; empty and 0 if unknown. */
  readonly bootId: string;
  readonly bootWallMs: number;
  /** The namespace of its process number, because containers have their own; empty if unknown. */
  readonly pidNamespace: string;
  /**
   * How it proves to be alive: by a kernel lock, by renewing the file's timestamp, or, in old versions, by its number
   * alone.
   */
  readonly by: 'kernel' | 'heartbeat' | 'number';
}

export function describeThisProcess(by: LockHolder['by']): LockHolder {
  const { id, wallMs } = readBoot();
  return {
    ...{ pid: process.pid, start: readStartTime(process.pid), bootId: id, bootWallMs: wallMs },
    ...{ pidNamespace: readPidNamespace(), by },
  };
}

export const formatHolder = ({ pid, start, bootId, bootWallMs, pidNamespace, by }: LockHolder): string =>
  [pid, start || '-', bootId || '-', bootWallMs, pidNamespace || '-', by].join(' ');

/** Undefined when the text is not a holder. Earlier versions wrote the first four fields. */
export function parseHolder(text: string): LockHolder | undefined {
  const [pid = '', start = '', bootId = '', wallMs = '', pidNamespace = '-', by] = text.trim().split(' ');
  if (!/^\d+$/.test(pid)) return undefined;
  const orEmpty = (field: string): string => (field === '-' ? '' : field);
  return {
    ...{ pid: Number(pid), start: orEmpty(start), bootId: orEmpty(bootId), bootWallMs: Number(wallMs) || 0 },
    ...{ pidNamespace: orEmpty(pidNamespace), by: by === 'heartbeat' || by === 'kernel' ? by : 'number' },
  };
}

/** Whether a process number of one means the same process to the other. */
export const isSamePidNamespace = (one: LockHolder, other: LockHolder): boolean =>
  one.bootId === other.bootId && one.pidNamespace === other.pidNamespace;

/** Process numbers are reused, in a container at every start, so the start time must match, too. */
export function isHolderRunning({ pid, start }: LockHolder): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return start === readStartTime(pid);
}

function readStartTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function readPidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** The current boot, and when it began by the wall clock as it is set now, ms. */
function readBoot(): { readonly id: string; readonly wallMs: number } {
  try {
    const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { id, wallMs: Math.round(Date.now() - uptime() * 1_000) };
  } catch {
    return { id: '', wallMs: 0 };
  }
}
