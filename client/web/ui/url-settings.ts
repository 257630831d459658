import { getOwnEntry } from '../../../protocol/own-entry.ts';
export type SettingInput =
  | { readonly kind: 'text' | 'flag' | 'color' }
  | { readonly kind: 'whole'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly options: readonly string[] };

/** One setting in an address: `?name=value`. */
export interface UrlSetting<T> {
  readonly default: T;
  /** Description of the accepted values, for the documentation and for messages about invalid ones. */
  readonly takes: string;
  readonly doc: string;
  /** Kind of input in a form. */
  readonly input: SettingInput;
  /** Parses a text; undefined when it is not valid. */
  read(text: string): T | undefined;
  write(value: T): string;
}

export function wholeSetting(fallback: number, min: number, max: number, doc: string): UrlSetting<number> {
  const read = (text: string): number | undefined => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
  };
  return { default: fallback, takes: `${min} to ${max}`, doc, input: { kind: 'whole', min, max }, read, write: String };
}

export function flagSetting(fallback: boolean, doc: string): UrlSetting<boolean> {
  const read = (text: string): boolean | undefined =>
    /^(1|true|yes|on)$/i.test(text) ? true : /^(0|false|no|off)$/i.test(text) ? false : undefined;
  return {
    default: fallback,
    takes: '0 or 1',
    doc,
    input: { kind: 'flag' },
    read,
    write: (value) => (value ? '1' : '0'),
  };
}

export function choiceSetting<T extends string>(
  options: readonly T[],
  doc: string,
  fallback = options[0]!,
): UrlSetting<T> {
  const read = (text: string): T | undefined => options.find((option) => option === text.toLowerCase());
  return { default: fallback, takes: options.join(', '), doc, input: { kind: 'choice', options }, read, write: String };
}

export function patternSetting(fallback: string, pattern: RegExp, takes: string, doc: string): UrlSetting<string> {
  const read = (text: string): string | undefined => (pattern.test(text) ? text : undefined);
  return { default: fallback, takes, doc, input: { kind: 'text' }, read, write: String };
}

/** Colour names that people type; all others are written in hexadecimal. */
const COLORS: Readonly<Record<string, string>> = {
  white: '#ffffff',
  black: '#000000',
  yellow: '#ffe600',
  red: '#e5484d',
  green: '#2fbf71',
  lime: '#7fff00',
  blue: '#3b82f6',
  cyan: '#00e5ff',
  magenta: '#ff4fd8',
  orange: '#ff9f1c',
  gray: '#808080',
  grey: '#808080',
};

export function colorSetting(fallback: string, doc: string): UrlSetting<string> {
  const read = (text: string): string | undefined => {
    const lower = text.toLowerCase();
    const named = getOwnEntry(COLORS, lower);
    if (named !== undefined) return named;
    const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/.exec(lower)?.[1];
    if (hex === undefined) return undefined;
    return `#${hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex}`;
  };
  return {
    default: fallback,
    takes: 'a colour: `ffcc00`, `fc0`, `yellow`',
    doc,
    input: { kind: 'color' },
    read,
    write: (value) => value.replace('#', ''),
  };
}

/** A setting whose default comes from the theme. */
export function themedSetting<T>(setting: UrlSetting<T>): UrlSetting<T | undefined> {
  const { takes, doc, input, read, write } = setting;
  return { default: undefined, takes, doc, input, read, write: (value) => (value === undefined ? '' : write(value)) };
}

export function listSetting(doc: string): UrlSetting<readonly string[]> {
  const read = (text: string): readonly string[] =>
    text
      .split(',')
      .map((part) => part.trim().slice(0, 60))
      .filter((part) => part !== '')
      .slice(0, 100);
  return {
    default: [],
    takes: 'words, separated by commas',
    doc,
    input: { kind: 'text' },
    read,
    write: (value) => value.join(','),
  };
}

type Table = Readonly<Record<string, UrlSetting<unknown>>>;
export type SettingValues<T extends Table> = { readonly [K in keyof T]: T[K] extends UrlSetting<infer V> ? V : never };

/**
 * Reads the settings in an address. `note` is called for each invalid value and each unknown name. The token may be in the
 * fragment, where no server's log sees it.
 */
export function readSettings<T extends Table>(
  table: T,
  address: { readonly search: string; readonly hash: string },
  note: (text: string) => void,
): SettingValues<T> {
  const given = new URLSearchParams(address.search);
  const token = new URLSearchParams(address.hash.slice(1)).get('token');
  if (token !== null) given.set('token', token);
  const byName = new Map(Object.keys(table).map((name) => [name.toLowerCase(), name]));
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) values[name] = setting.default;
  for (const [key, text] of given) {
    const name = byName.get(key.toLowerCase());
    const setting = name === undefined ? undefined : table[name];
    if (name === undefined || setting === undefined) {
      note(`There is no setting "${key}".`);
      continue;
    }
    const value = setting.read(text.trim());
    // A token is a password and must not appear in the console.
    if (value === undefined) note(`${name}${name === 'token' ? '' : `=${text}`} is not taken: ${setting.takes}.`);
    else values[name] = value;
  }
  return values as SettingValues<T>;
}

/** Builds the address for these values. Defaults are left out, and a token goes into the fragment. */
export function writeSettings<T extends Table>(table: T, values: SettingValues<T>, base: string): string {
  const query = new URLSearchParams();
  let hash = '';
  for (const [name, setting] of Object.entries(table)) {
    const value = values[name];
    const text = setting.write(value);
    if (text === setting.write(setting.default)) continue;
    if (name === 'token') hash = `#token=${encodeURIComponent(text)}`;
    else query.set(name, text);
  }
  const search = query.toString();
  return `${base}${search === '' ? '' : `?${search}`}${hash}`;
}

/** The table for the documentation; a test compares the two. */
export function buildSettingRows(table: Table): string {
  const rows = Object.entries(table).map(([name, setting]) => {
    const text = setting.write(setting.default);
    return `| \`${name}\` | ${text === '' ? '–' : `\`${text}\``} | ${setting.takes} | ${setting.doc} |`;
  });
  return ['| setting | default | takes | what it does |', '|---|---|---|---|', ...rows].join('\n');
}
