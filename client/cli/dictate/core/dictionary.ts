import { LIMITS } from '../../../../protocol/limits.ts';
import { getOwnEntry } from '../../../../protocol/own-entry.ts';
import { toPrintable, toPrintableLines } from '../../../../protocol/printable.ts';
import { LANGUAGES, toSpokenKey } from './language.ts';

/** The user's own words. Keys are spoken keys, see `toSpokenKey`. */
export interface Dictionary {
  /** Given to the recogniser as vocabulary, and written exactly like this. */
  readonly names: readonly string[];
  /** What is recognised -> what is written, in whole words. Includes the names. */
  readonly replacements: ReadonlyMap<string, string>;
  /** What is said -> text that is inserted as it is. */
  readonly snippets: ReadonlyMap<string, string>;
  /** What is said -> the name of a command. */
  readonly commands: ReadonlyMap<string, string>;
}

export const EMPTY_DICTIONARY: Dictionary = {
  names: [],
  replacements: new Map(),
  snippets: new Map(),
  commands: new Map(),
};

const KINDS = ['names', 'replacements', 'snippets', 'commands'];
const ENTRIES_MAX = 2_000;
const TEXT_MAX = 10_000;
const PHRASE_MAX = 100;
const WORDS_MAX = 7;

/** Most names that a server accepts as vocabulary; the table of limits bounds their characters. */
const HINTS_MAX = 100;

export type DictionaryResult = { readonly dictionary: Dictionary } | { readonly problem: string };

/** Parses a dictionary file. `problem` says where it is invalid, what was found and what was expected. */
export function parseDictionary(text: string): DictionaryResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `it is not JSON: ${error instanceof Error ? error.message : error}` };
  }
  if (!isObject(value)) return { problem: `it is ${named(value)}; wanted is an object with ${KINDS.join(', ')}` };
  const problem = problemOf(value);
  if (problem !== undefined) return { problem };
  const names = ((value['names'] as string[] | undefined) ?? []).map(toPrintable);
  const pairs = (kind: string): [string, string][] =>
    Object.entries((getOwnEntry(value, kind) as Record<string, string> | undefined) ?? {}).map(([key, to]) => [
      phrase(key),
      to,
    ]);
  return {
    dictionary: {
      names,
      replacements: new Map([
        ...names.map((name): [string, string] => [phrase(name), name]),
        ...pairs('replacements').map(([key, to]): [string, string] => [key, toPrintable(to)]),
      ]),
      snippets: new Map(pairs('snippets').map(([key, to]) => [key, toPrintableLines(to)])),
      commands: new Map(pairs('commands')),
    },
  };
}

function problemOf(value: Readonly<Record<string, unknown>>): string | undefined {
  for (const [kind, entries] of Object.entries(value)) {
    if (!KINDS.includes(kind)) return `${kind} is not known; there are ${KINDS.join(', ')}`;
    if (kind === 'names') {
      if (!Array.isArray(entries)) return `names is ${named(entries)}; wanted is a list like ["Ada", "Kraków"]`;
      const wrong = entries.findIndex((each) => typeof each !== 'string' || !isPhrase(each));
      if (wrong !== -1) return `names[${wrong}] is ${named(entries[wrong])}; wanted is ${PHRASE}`;
      if (entries.length > ENTRIES_MAX) return `names has ${entries.length} entries; at most ${ENTRIES_MAX} are taken`;
      continue;
    }
    if (!isObject(entries)) return `${kind} is ${named(entries)}; wanted is an object like {"what is said": "text"}`;
    const problem = problemOfPairs(kind, Object.entries(entries));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const PHRASE = `1 to ${WORDS_MAX} words, at most ${PHRASE_MAX} characters`;

function problemOfPairs(kind: string, entries: readonly [string, unknown][]): string | undefined {
  if (entries.length > ENTRIES_MAX) return `${kind} has ${entries.length} entries; at most ${ENTRIES_MAX} are taken`;
  const names = Object.values(LANGUAGES).flatMap(({ commands }) => commands.flatMap(({ phrases }) => phrases));
  for (const [key, text] of entries) {
    const place = `${kind}[${JSON.stringify(key)}]`;
    if (!isPhrase(key)) return `${place}: what is said must be ${PHRASE}`;
    if (typeof text !== 'string') return `${place} is ${named(text)}; wanted is text`;
    if (text.length > TEXT_MAX) return `${place} has ${text.length} characters; at most ${TEXT_MAX} are taken`;
    if (kind === 'commands' && !names.includes(text))
      return `${place} is ${JSON.stringify(text)}; wanted is a command: ${names.join(', ')}`;
  }
  return undefined;
}

const phrase = (text: string): string =>
  text
    .split(/\s+/)
    .map((word) => toSpokenKey(word).replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}%°$€£+#]+$/gu, ''))
    .filter(Boolean)
    .join(' ');

const isPhrase = (text: string): boolean =>
  text.length <= PHRASE_MAX && phrase(text) !== '' && phrase(text).split(' ').length <= WORDS_MAX;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const named = (value: unknown): string =>
  Array.isArray(value)
    ? 'a list'
    : value === null
      ? 'null'
      : typeof value === 'object'
        ? 'an object'
        : JSON.stringify(value);

/** The names to give to a server as vocabulary: the first ones, as many as it accepts. */
export function toVocabulary({ names }: Dictionary): string[] {
  const hints: string[] = [];
  let chars = 0;
  for (const name of names.slice(0, HINTS_MAX)) {
    chars += name.length;
    if (chars > LIMITS.vocabularyCharsMax) break;
    hints.push(name);
  }
  return hints;
}
