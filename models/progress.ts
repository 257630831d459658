import { SingleBar } from 'cli-progress';
import { toPrintable } from '../protocol/index.ts';
import { printError } from './terminal.ts';

export interface DownloadProgress extends Disposable {
  readonly update: (bytes: number, total: number | undefined) => void;
}

/** Shows a download on stderr: a bar on a terminal, elsewhere a line for every tenth, or for every 100 MB of an unknown size. */
export function showProgress(name: string): DownloadProgress {
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: `${toPrintable(name)} {bar} {percentage}% {value}/{total} MB {eta_formatted}` })
    : undefined;
  const mb = (bytes: number): number => Math.round(bytes / 1e5) / 10;
  let told = 0;
  let shown = false;
  return {
    update: (bytes, total) => {
      if (bar !== undefined) {
        if (!shown) bar.start(mb(total ?? 0), 0);
        shown = true;
        bar.setTotal(mb(total ?? bytes));
        return bar.update(mb(bytes));
      }
      if (bytes - told < (total ?? 1e9) / 10) return;
      told = bytes;
      printError(`${name}: ${mb(bytes)} of ${total === undefined ? 'unknown' : mb(total)} MB`);
    },
    [Symbol.dispose]: () => bar?.stop(),
  };
}
