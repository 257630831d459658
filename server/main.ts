import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runServe } from './compose/serve-command.ts';

export { runServe } from './compose/serve-command.ts';
export { type RunningServer, startServer } from './compose/start-server.ts';

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(await runServe(process.argv.slice(2)));
}
