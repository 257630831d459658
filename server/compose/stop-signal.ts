/** Signals that follow the first within this time are the same one, ms. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Ctrl-C, a polite kill, a terminal that was closed, or the parent that started this run is gone. A second Ctrl-C or kill
 * ends at once.
 *
 * A signal may come more than once: it reaches the whole process group, and a parent in that group passes it on, as `sotto
 * serve`, `npm start` and `timeout` do. A shell may tell of its closed terminal twice, however late.
 */
export function waitForStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | undefined;
    const stopOrExit = (status: number): void => {
      askedMs ??= performance.now();
      if (performance.now() - askedMs > SAME_SIGNAL_MS) process.exit(status);
      resolve();
    };
    process.on('SIGINT', () => stopOrExit(130));
    process.on('SIGTERM', () => stopOrExit(143));
    process.on('SIGHUP', () => resolve());
    if (process.send !== undefined) process.once('disconnect', resolve);
  });
}
