/**
 * What every child process of the server does besides its own work. It imports nothing: a child should start in a moment.
 */

/** Signals that a terminal or a supervisor sends to a whole process group. */
const GROUP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ties this process to its parent: it ends when the parent is gone, because nobody could use an answer then, and not with a
 * signal to their group, because the parent decides when its children end.
 */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit(0));
  for (const signal of GROUP_SIGNALS) process.on(signal, () => {});
}

/** Sends a message to the parent; does nothing when it is gone. */
export function sendToParent(message: object): void {
  if (process.connected) process.send?.(message);
}

/** Memory that this process takes, MB: the answer to a ping. */
export const residentMemoryMb = (): number => Math.round(process.memoryUsage.rss() / 1_048_576);

/** The first line of an error's message, for people: the rest of it is a trace or names files. */
export function firstLineOf(error: unknown, charsMax: number): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, charsMax);
}
