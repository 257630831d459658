import type { LoadedConfig } from './load.ts';
import type { OptionName } from './options.ts';

/** Describes the settings for `sotto serve`: the file they were read from, and every address that text is sent to. */
export function describeSettings({ config, sources, file }: LoadedConfig): string {
  const went = (name: OptionName): string => {
    const from = sources[name] === 'file' ? file : sources[name] === 'environment' ? 'the environment' : `--${name}`;
    return `(${name}, from ${from})`;
  };
  const addresses: string[] = [];
  const cleanup = config['cleanup-url'];
  if (config.cleanup === 'openai' && cleanup !== undefined)
    addresses.push(`sentences to be cleaned go to ${withoutSecrets(cleanup)} ${went('cleanup-url')}`);
  const assistant = config['assistant-url'];
  if (assistant !== undefined)
    addresses.push(
      `transcripts to be summarised and sentences to be translated go to ${withoutSecrets(assistant)} ${went('assistant-url')}`,
    );
  const words = addresses.length === 0 ? ['stay on this machine'] : addresses;
  return [
    `  settings ${file === undefined ? 'no file' : `from ${file}`}, environment and flags`,
    ...words.map((line) => `  words    ${line}`),
  ].join('\n');
}

/** Removes user name, password and query, any of which may be a key. */
function withoutSecrets(address: string): string {
  try {
    const { protocol, host, pathname } = new URL(address);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return '(not an address)';
  }
}
