/** What became of one test file. */
export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  /** The lines of its outermost tests, as they stand in its output. */
  readonly lines: readonly string[];
  /** Why it failed as a whole, whatever its tests said; undefined otherwise. */
  readonly problem: string | undefined;
}

/** How its process ended: with a status, or by a signal. */
export interface End {
  readonly status: number | null;
  readonly signal: string | null;
}

function problemOf(output: string, results: number, failed: number, { status, signal }: End): string | undefined {
  if (signal !== null) return `its process was ended by ${signal}`;
  const plan = /^1\.\.(\d+)(?: *# *(.*))?$/m.exec(output);
  if (plan === null) return 'it ended before its last test';
  const planned = Number(plan[1]);
  if (planned !== results) return `${planned} tests were planned, and ${results} answered`;
  if (planned === 0 && !plan[2]) return 'it holds no test, and gives no reason';
  if (status !== 0 && failed === 0) return `its process ended with status ${status}`;
  return undefined;
}

/** Reads the TAP output of one file. A file that ended badly without a failed test counts as one failed test. */
export function readResult(output: string, end: End): FileResult {
  const lines = output.match(/^(?:not )?ok\b.*$/gm) ?? [];
  const failed = lines.filter((line) => line.startsWith('not ')).length;
  const problem = problemOf(output, lines.length, failed, end);
  const failedInAll = problem === undefined ? failed : Math.max(1, failed);
  return { passed: lines.length - failed, failed: failedInAll, lines, problem };
}

/** That of a file that never ran. */
export const notRun = (problem: string): FileResult => ({ passed: 0, failed: 1, lines: [], problem });
