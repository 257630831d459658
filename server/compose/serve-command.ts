import { printError, printLine } from '../../models/terminal.ts';
import { isFault } from '../../protocol/index.ts';
import { describeSettings } from '../config/destinations.ts';
import { ConfigError, loadConfig } from '../config/load.ts';
import { buildHelpText, showConfig } from '../config/show.ts';
import { systemClock } from '../observe/clock.ts';
import { catchProcessErrors } from '../observe/process-errors.ts';
import { OPENERS } from './openers.ts';
import { reportStatus } from './report-status.ts';
import { startServer } from './start-server.ts';
import { waitForStopSignal } from './stop-signal.ts';

/** Runs `sotto serve`. Resolves with the exit status when the server has stopped. */
export async function runServe(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    printLine(buildHelpText().trimEnd());
    return 0;
  }
  try {
    const loaded = loadConfig(
      args.filter((arg) => arg !== '--show'),
      process.env,
    );
    if (args.includes('--show')) {
      printLine(showConfig(loaded));
      return 0;
    }
    const server = await startServer(loaded.config, OPENERS, printLine);
    catchProcessErrors(server.reportBug, systemClock.nowMs);
    printLine(`${server.greeting}\n${describeSettings(loaded)}`);
    reportStatus({ kind: 'listening', url: server.url });
    await waitForStopSignal();
    await server.close();
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isExpected = error instanceof ConfigError || isFault(error);
    const stack = isExpected || !(error instanceof Error) ? '' : (error.stack ?? '');
    for (const line of message.split('\n')) printError(`sotto: ${line}`);
    if (!isExpected) printError(stack);
    reportStatus({ kind: 'failed', problem: `${message}\n${stack}`.trim() });
    return error instanceof ConfigError ? 78 : 1;
  }
}
