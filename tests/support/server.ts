import { loadConfig } from '../../server/config/load.ts';
import { type RunningServer, startServer } from '../../server/main.ts';

/** A whole server in this process, on a free port, with the real models. Close it when done. */
export function openServer(...args: string[]): Promise<RunningServer> {
  return startServer(
    loadConfig(['--port', '0', '--no-journal', '--no-measure', '--log-level', 'error', ...args], {}).config,
  );
}
