import { type LoadedConfig, toEnvironmentName } from './load.ts';
import type { Option } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';

const entries = Object.entries(OPTIONS) as [OptionName, Option][];

/** Lists every value and its source, for `sotto config`. */
export function showConfig({ config, sources }: LoadedConfig): string {
  return entries
    .map(([name, option]) => `${name.padEnd(20)} ${shown(option, config[name]).padEnd(24)} ${sources[name]}`)
    .join('\n');
}

/** The help text of `sotto serve`. */
export function buildHelpText(): string {
  const lines = entries.map(([name, option]) => {
    const range = option.choices?.join('|') ?? (option.type === 'boolean' ? '' : option.type);
    return `  --${`${name} ${range}`.padEnd(38)} ${option.doc} (default ${shown(option, option.default)})`;
  });
  return `Usage: sotto serve [options]\n\n  --${'config FILE'.padEnd(38)} JSON file of the options below (default sotto.config.json, if there)\n${lines.join('\n')}\n\nEvery option can also be set by its environment variable, such as ${toEnvironmentName('log-level')}.\n`;
}

/** The options as a Markdown table; a test compares it with `server/README.md`. */
export function buildOptionTable(): string {
  const rows = entries.map(([name, option]) => {
    const range =
      option.choices?.join(', ') ?? (option.min === undefined ? option.type : `${option.min} to ${option.max}`);
    return `| \`--${name}\` | \`${shown(option, option.default)}\` | ${range} | ${option.doc} |`;
  });
  return ['| option | default | values | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

function shown(option: Option, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none';
  return option.secret ? '(hidden)' : String(value);
}
