import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Config } from './options.ts';

/** Folder of keys, certificates, journals and transcripts: `--data`, or else `sotto` in the user's data folder. */
export function resolveDataFolder(config: Pick<Config, 'data'>, environment: NodeJS.ProcessEnv): string {
  return config.data ?? join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'sotto');
}
