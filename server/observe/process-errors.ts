import type { ReportBug } from '../ports/bug.ts';

/** Errors reported per second; more are dropped, so that a failing log does not fill itself with its own failures. */
const REPORTS_PER_SECOND_MAX = 10;

/**
 * Keeps the process running when an exception or rejection escaped every guard: it is reported, and the server goes on.
 * Returns a function that undoes this. ARCHITECTURE.md explains why going on is the lesser evil here.
 */
export function catchProcessErrors(reportBug: ReportBug, nowMs: () => number): () => void {
  let second = 0;
  let count = 0;
  const report = (error: unknown, text: string): void => {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) count = 0;
    second = now;
    if (++count <= REPORTS_PER_SECOND_MAX) reportBug(error, text);
  };
  const onException = (error: unknown): void => report(error, 'an exception got past every guard');
  const onRejection = (error: unknown): void => report(error, 'a rejected promise got past every guard');
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return () => {
    process.off('uncaughtException', onException);
    process.off('unhandledRejection', onRejection);
  };
}
