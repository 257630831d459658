import { SingleBar } from 'cli-progress';
import { toPrintable } from '../protocol/index.ts';
import { printError } from './terminal.ts';

export interface DownloadProgress extends Disposable {
  readonly update: (bytes: number, total: number | undefined) => void;
}

/**
 * Shows a download on stderr: a progress bar on a terminal, otherwise a line for every tenth, or for every 100 MB if
 * the size is unknown. `onLine` is called with each of these lines.
 */
export function showProgress(name: string, onLine: (text: string) => void = () => {}): DownloadProgress {
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: `${toPrintable(name)} {bar} {percentage}% {value}/{total} MB {eta_formatted}` })
    : undefined;
  const toMegabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
  let reportedBytes = 0;
  let isStarted = false;
  return {
    update: (bytes, total) => {
      if (bar !== undefined) {
        if (!isStarted) bar.start(toMegabytes(total ?? 0), 0);
        isStarted = true;
        bar.setTotal(toMegabytes(total ?? bytes));
        return bar.update(toMegabytes(bytes));
      }
      if (bytes - reportedBytes < (total ?? 1e9) / 10) return;
      reportedBytes = bytes;
      const line = `${name}: ${toMegabytes(bytes)} of ${total === undefined ? 'unknown' : toMegabytes(total)} MB`;
      printError(line);
      onLine(line);
    },
    [Symbol.dispose]: () => bar?.stop(),
  };
}
