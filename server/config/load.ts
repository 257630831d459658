import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { Fault, hasOwnKey } from '../../protocol/index.ts';
import { hintFor, readFlags } from './flags.ts';
import type { Option } from './option.ts';
import { type Config, OPTIONS, type OptionName } from './options.ts';

/** Where a value came from. */
export type ValueSource = 'flag' | 'environment' | 'file' | 'default';

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Readonly<Record<OptionName, ValueSource>>;
  /** Absolute path of the file that was read; undefined when there was none. */
  readonly file: string | undefined;
}

/** An invalid configuration, with a `config.*` fault for each problem. */
export class ConfigError extends Error {
  readonly problems: readonly Fault[];

  constructor(problems: readonly Fault[]) {
    super(problems.map((problem) => problem.message).join('\n'));
    this.problems = problems;
  }
}

const NAMES = Object.keys(OPTIONS) as OptionName[];

export const toEnvironmentName = (name: string): string => `SOTTO_${name.toUpperCase().replaceAll('-', '_')}`;

/**
 * Loads the configuration. Flags override the environment, which overrides the file, which overrides the defaults. Without
 * `--config` and `SOTTO_CONFIG`, the file is `sotto.config.json` in the current folder, if it exists; `--config=` reads none.
 * Throws a ConfigError that holds every problem.
 */
export function loadConfig(args: readonly string[], environment: NodeJS.ProcessEnv): LoadedConfig {
  const problems: Fault[] = [];
  const flags = readFlags(args, problems);
  const { path, values: file } = readFile(flags.get('config') ?? environment['SOTTO_CONFIG'], problems);
  const config: Record<string, unknown> = {};
  const sources: Record<string, ValueSource> = {};
  for (const name of NAMES) {
    const option: Option = OPTIONS[name];
    const given: [ValueSource, unknown] = flags.has(name)
      ? ['flag', flags.get(name)]
      : environment[toEnvironmentName(name)] !== undefined
        ? ['environment', environment[toEnvironmentName(name)]]
        : file[name] !== undefined
          ? ['file', file[name]]
          : ['default', option.default];
    sources[name] = given[0];
    config[name] = given[0] === 'default' ? option.default : read(name, option, given[1], problems);
  }
  const loaded = config as unknown as Config;
  if (problems.length === 0) checkTogether(loaded, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: Object.freeze(loaded), sources: sources as LoadedConfig['sources'], file: path };
}

interface ConfigFile {
  readonly path: string | undefined;
  readonly values: Record<string, unknown>;
}

const NO_FILE: ConfigFile = { path: undefined, values: {} };

function readFile(path: string | undefined, problems: Fault[]): ConfigFile {
  if (path === '') return NO_FILE;
  const chosen = path ?? 'sotto.config.json';
  let text: string;
  try {
    text = readFileSync(chosen, 'utf8');
  } catch {
    if (path !== undefined)
      problems.push(new Fault('config.value', { name: 'config', got: path, want: 'a file that can be read' }));
    return NO_FILE;
  }
  try {
    const values = JSON.parse(text) as Record<string, unknown>;
    if (typeof values !== 'object' || values === null || Array.isArray(values)) throw new TypeError('no object');
    for (const name of Object.keys(values)) {
      if (!hasOwnKey(OPTIONS, name))
        problems.push(new Fault('config.unknown', { name: `${name} in ${chosen}`, want: hintFor(name) }));
    }
    return { path: resolve(chosen), values };
  } catch {
    problems.push(new Fault('config.value', { name: 'config', got: chosen, want: 'a JSON object' }));
    return NO_FILE;
  }
}

function read(name: string, option: Option, given: unknown, problems: Fault[]): unknown {
  const text = String(given);
  const wrong = (want: string): undefined => {
    problems.push(new Fault('config.value', { name, got: option.secret ? '(hidden)' : text || '(empty)', want }));
    return undefined;
  };
  switch (option.type) {
    case 'integer':
    case 'number': {
      const value = Number(text);
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = option;
      const kind = option.type === 'integer' ? 'a whole number' : 'a number';
      const right = text.trim() !== '' && (option.type === 'number' ? Number.isFinite(value) : Number.isInteger(value));
      return right && value >= min && value <= max ? value : wrong(`${kind} from ${min} to ${max}`);
    }
    case 'boolean':
      return /^(true|1|yes|on)$/i.test(text) ? true : /^(false|0|no|off)$/i.test(text) ? false : wrong('true or false');
    case 'list':
      return Array.isArray(given)
        ? given.map(String)
        : text
            .split(',')
            .map((item) => item.trim())
            .filter(Boolean);
    case 'string':
      // An empty value resets what the environment or the file has set.
      if (text === '') return option.default === undefined ? undefined : wrong('something');
      return option.choices === undefined || option.choices.includes(text)
        ? text
        : wrong(`one of ${option.choices.join(', ')}`);
  }
}

function checkTogether(config: Config, problems: Fault[]): void {
  if (config.access === 'open' && !isLoopback(config.host) && !config.insecure) {
    problems.push(
      new Fault('config.value', {
        name: 'access',
        got: 'open',
        want: 'keys on other addresses, or come with --insecure',
      }),
    );
  }
  checkTls(config, problems);
  if (config['assistant-url'] !== undefined && config['assistant-model'] === undefined) {
    problems.push(
      new Fault('config.value', {
        name: 'assistant-model',
        got: 'missing',
        want: 'a model of the server at assistant-url',
      }),
    );
  }
  if (config['translate-with'] === 'assistant' && config['assistant-model'] === undefined) {
    problems.push(
      new Fault('config.value', {
        name: 'translate-with',
        got: 'assistant',
        want: 'auto or whisper, or come with --assistant-model: there is no assistant',
      }),
    );
  }
  if (!isLoopback(config['wyoming-host']) && config['wyoming-allow'].length === 0 && !config.insecure) {
    problems.push(
      new Fault('config.value', {
        name: 'wyoming-host',
        got: config['wyoming-host'],
        want: 'loopback, or come with --wyoming-allow ADDRESS,… or --insecure: Wyoming has no keys',
      }),
    );
  }
  if (config['endpoint-max-ms'] < config['endpoint-min-ms']) {
    problems.push(
      new Fault('config.value', {
        name: 'endpoint-max-ms',
        got: String(config['endpoint-max-ms']),
        want: 'no less than endpoint-min-ms',
      }),
    );
  }
  if (config['vad-open'] > 0 && config['vad-close'] > config['vad-open']) {
    problems.push(
      new Fault('config.value', { name: 'vad-close', got: String(config['vad-close']), want: 'no more than vad-open' }),
    );
  }
}

function checkTls(config: Config, problems: Fault[]): void {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-self-signed': selfSigned } = config;
  const wrong = (name: string, got: string, want: string): void => {
    problems.push(new Fault('config.value', { name, got, want }));
  };
  if (cert !== undefined && key === undefined) wrong('tls-key', 'missing', 'given with tls-cert');
  if (key !== undefined && cert === undefined) wrong('tls-cert', 'missing', 'given with tls-key');
  if (selfSigned && cert !== undefined) wrong('tls-self-signed', 'true', 'left out where there is a tls-cert');
}

/** Whether only programs on this machine can reach the address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Whether clients need a key. */
export const needsKeys = ({ access, host, insecure }: Config): boolean =>
  access === 'keys' || (access === 'auto' && !isLoopback(host) && !insecure);
