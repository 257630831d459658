/** Signals within this time after the first count as the same one, ms. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Resolves on Ctrl-C, SIGTERM, a closed terminal, or the end of the parent that started this run. A second Ctrl-C or SIGTERM
 * exits at once.
 *
 * The same signal may arrive several times: it reaches the whole process group, and a parent in that group passes it on, as
 * `sotto serve`, `npm start` and `timeout` do. A shell may report its closed terminal twice, even much later.
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
