import { printError, printLine } from '../../models/terminal.ts';
import { isFault } from '../../protocol/index.ts';
import { describeSettings } from '../config/destinations.ts';
import { ConfigError, loadConfig } from '../config/load.ts';
import { buildHelpText, showConfig } from '../config/show.ts';
import { systemClock } from '../observe/clock.ts';
import { catchProcessErrors } from '../observe/process-errors.ts';
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
    const server = await startServer(loaded.config);
    catchProcessErrors(server.reportBug, systemClock.nowMs);
    printLine(`${server.greeting}\n${describeSettings(loaded)}`);
    process.send?.({ kind: 'listening', url: server.url });
    await waitForStopSignal();
    await server.close();
    return 0;
  } catch (error) {
    for (const line of (error instanceof Error ? error.message : String(error)).split('\n'))
      printError(`sotto: ${line}`);
    if (!(error instanceof ConfigError) && !isFault(error))
      printError(error instanceof Error ? (error.stack ?? '') : '');
    return error instanceof ConfigError ? 78 : 1;
  }
}
