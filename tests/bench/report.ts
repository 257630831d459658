import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { randomFrom } from '../support/random.ts';

/** The value below which a share of the numbers lies; NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Slope of the line of least squares through points; NaN for fewer than two. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const x = mean(points.map(([each]) => each));
  const y = mean(points.map(([, each]) => each));
  const spread = points.reduce((sum, [each]) => sum + (each - x) ** 2, 0);
  return points.reduce((sum, [left, right]) => sum + (left - x) * (right - y), 0) / spread;
}

/** A table with aligned columns. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? round(cell) : cell)));
  const widths = texts[0]!.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const lines = texts.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n');
}

function round(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** One line that names the machine. */
export function machine(): string {
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}

/** CPU seconds used so far by a process and all its children. */
export function cpuSeconds(pid: number): number {
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return processes(pid).reduce((sum, each) => sum + (each.user + each.system) / ticks, 0);
}

/** Resident memory of a process and all its children, MB. */
export function memoryMb(pid: number): number {
  return processes(pid).reduce((sum, each) => sum + (each.pages * 4_096) / 1e6, 0);
}

function processes(root: number): { user: number; system: number; pages: number }[] {
  const children = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const wanted = new Set([root]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [pid, parent] of children) {
      if (wanted.has(parent) && !wanted.has(pid)) grew = wanted.add(pid) !== undefined;
    }
  }
  return [...wanted].flatMap((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return [{ user: Number(fields[11]), system: Number(fields[12]), pages: Number(fields[21]) }];
    } catch {
      return [];
    }
  });
}

/** Wall seconds the server spent in decodes so far, by kind. */
export async function decodeSeconds(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(new URL('/metrics', url.replace(/^ws/, 'http')))).text();
  const sums = text.matchAll(/^sotto_decode_seconds_sum\{kind="([^"]+)"\} (\S+)$/gm);
  return Object.fromEntries([...sums].map(([, kind, seconds]) => [kind!, Number(seconds)]));
}

/** The same order for the same seed. */
export function sample<T>(items: readonly T[], seed: number): T[] {
  const random = randomFrom(seed);
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Names what must not have happened; the bench then ends with status 1, so that a script can rely on it. */
export function reportFailures(failures: readonly string[]): void {
  for (const failure of failures) console.log(`FAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** `--name value` pairs. */
export function readArgs(args: readonly string[], known: Readonly<Record<string, string>>): Record<string, string> {
  const values: Record<string, string> = { ...known };
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!.replace(/^--/, '');
    if (!(name in known) || args[i + 1] === undefined) {
      console.error(
        `Options: ${Object.entries(known)
          .map(([each, value]) => `--${each} ${value || 'VALUE'}`)
          .join(' ')}`,
      );
      process.exit(64);
    }
    values[name] = args[i + 1]!;
  }
  return values;
}
