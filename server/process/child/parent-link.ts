/**
 * What every child process of the server does besides its own work. This file imports nothing, so that children start quickly.
 */

/** Signals that a terminal or a supervisor sends to a whole process group. */
const GROUP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ends this process with its parent, because its answers would be of no use, and ignores signals to their process group, because
 * the parent decides when its children end.
 */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit(0));
  for (const signal of GROUP_SIGNALS) process.on(signal, () => {});
}

/** Sends a message to the parent; does nothing when the parent has ended. */
export function sendToParent(message: object): void {
  if (process.connected) process.send?.(message);
}

/** Memory of this process, MB, for the answer to a ping. */
export const residentMemoryMb = (): number => Math.round(process.memoryUsage.rss() / 1_048_576);

/** The first line of an error's message, for people; the rest often contains traces or file names. */
export function firstLineOf(error: unknown, charsMax: number): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, charsMax);
}
