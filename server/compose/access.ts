import { Fault } from '../../protocol/index.ts';
import { ApiKeyAuth } from '../access/api-key-auth.ts';
import { KeyFile } from '../access/key-file.ts';
import { noAuth } from '../access/no-auth.ts';
import { UsageCounter } from '../access/usage.ts';
import { ConfigError, needsKeys } from '../config/load.ts';
import type { Config } from '../config/options.ts';
import type { Authenticator } from '../ports/authenticator.ts';
import type { Log } from '../ports/log.ts';

/** Creates the authentication that the options select. Throws a ConfigError when keys are needed and there is none. */
export function openAccess(config: Config, folder: string, log: Log): Authenticator {
  if (!needsKeys(config)) return noAuth;
  const file = new KeyFile(folder);
  const wrong = (name: string, got: string, want: string): never => {
    throw new ConfigError([new Fault('config.value', { name, got, want })]);
  };
  const name = config.access === 'keys' ? 'access' : 'host';
  try {
    if (!file.read()?.keys.some(({ revoked }) => revoked === undefined))
      wrong(name, config[name], 'loopback, or have keys (`sotto keys add NAME`), or come with --insecure');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    wrong('data', folder, `a folder with a good keys.json: ${error instanceof Error ? error.message : error}`);
  }
  return new ApiKeyAuth(file, new UsageCounter(folder, Date.now, log, config['journal-sync'] === 'always'), Date.now);
}
