import { parseArgs } from 'node:util';
import { Fault, getOwnEntry } from '../../protocol/index.ts';
import type { Option } from './option.ts';
import { OPTIONS, type OptionName } from './options.ts';
import { suggestName } from './suggestion.ts';

const NAMES = Object.keys(OPTIONS) as OptionName[];

/** Every option of the table, and `--config`. Values are parsed later by the types of the table; here only switches matter. */
const FLAGS = Object.fromEntries([
  ...Object.entries<Option>(OPTIONS).map(
    ([name, { type }]) => [name, { type: type === 'boolean' ? 'boolean' : 'string' }] as const,
  ),
  ['config', { type: 'string' }] as const,
]);

/**
 * Reads the flags of a command line: `--name value`, `--name=value`, `--switch` and `--no-switch`. Returns the unparsed values
 * by name; the last of several counts. Adds a `config.*` fault to `problems` for every other argument.
 */
export function readFlags(args: readonly string[], problems: Fault[]): Map<string, string> {
  const flags = new Map<string, string>();
  const { tokens } = parseArgs({
    ...{ args: [...args], options: FLAGS, tokens: true },
    // All problems are collected below, and worded by us.
    ...{ strict: false, allowPositionals: true, allowNegative: true },
  });
  /** Index of the last unknown argument: what follows an unknown flag was meant as its value. */
  let unknownAt = -2;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    const text = args[token.index]!;
    if (token.kind === 'positional') {
      const isValue = unknownAt === token.index - 1 && args[unknownAt]!.startsWith('-');
      if (!isValue) problems.push(new Fault('config.unknown', { name: text, want: hintFor('') }));
      continue;
    }
    const { name, rawName, value } = token;
    const type = getOwnEntry(FLAGS, name)?.type;
    const isSwitch = type === 'boolean';
    const isPlain = rawName === `--${name}`;
    if (type === undefined || !(isPlain || isSwitch)) {
      // A group of short flags gives several tokens for one argument.
      if (unknownAt !== token.index)
        problems.push(new Fault('config.unknown', { name: text, want: hintFor(bareName(text)) }));
      unknownAt = token.inlineValue === true ? -2 : token.index;
    } else if (isSwitch) flags.set(name, value ?? String(isPlain));
    else if (value === undefined)
      problems.push(new Fault('config.value', { name, got: 'missing', want: 'followed by a value' }));
    else flags.set(name, value);
  }
  return flags;
}

/** `--no-prot=1` -> `prot`. */
const bareName = (text: string): string => text.replace(/^--?(no-)?/, '').replace(/=.*$/s, '');

/** Suggests the option that is most similar to an unknown name. */
export function hintFor(word: string): string {
  const like = suggestName(word, NAMES);
  return like === undefined ? 'see `sotto serve --help`' : `did you mean --${like}?`;
}
