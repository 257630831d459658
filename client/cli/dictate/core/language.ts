import { getOwnEntry } from '../../../../protocol/own-entry.ts';
/** What a spoken command does. */
export type EditAction =
  | {
      readonly kind: 'mark';
      readonly text: string;
      /** Where no space stands beside it. */
      readonly joins: 'left' | 'right' | 'both' | 'none';
      /** It closes a quote or a bracket: a sentence's end before it stays, and one may follow. */
      readonly closes?: true;
    }
  | { readonly kind: 'break'; readonly text: '\n' | '\n\n' }
  | { readonly kind: 'scratch' };

/**
 * When the words are the command and not the thing:
 * `none` always; `phrase` unless an article comes before or a word that makes it a noun behind it; `noun` also not with
 * a describing word between ("a long period"); `last` only at the end of a sentence or before a mark; `alone` only between marks.
 */
export type CommandGuard = 'none' | 'phrase' | 'noun' | 'last' | 'alone';

export interface SpokenCommand {
  /** Lower case, words with one space between. The first is its name in messages and in the dictionary. */
  readonly phrases: readonly string[];
  readonly does: EditAction;
  readonly guard: CommandGuard;
}

/** How a language names things. Another language is another object of this kind, listed in `LANGUAGES`. */
export interface CommandLanguage {
  readonly commands: readonly SpokenCommand[];
  /** Said before a command to get its words. */
  readonly literal: readonly string[];
  /** Said before a snippet's name to get it in running text. */
  readonly insert: readonly string[];
  /** Before a command's words they make a noun of them: "the comma". */
  readonly articles: ReadonlySet<string>;
  /** As articles, but only with a describing word behind: "I like that comma" is a command. */
  readonly pointing: ReadonlySet<string>;
  /** Between an article and a command's words: "a long period". */
  readonly describing: ReadonlySet<string>;
  /** Behind a command's words they make a noun of them: "comma separated". */
  readonly followers: ReadonlySet<string>;
  /** Before words that are otherwise an order: "I scratch that". */
  readonly subjects: ReadonlySet<string>;
  /** Words that are never a name: in lower case again where a sentence was taken for ended. */
  readonly small: ReadonlySet<string>;
}

/** A word as it is compared: no case, no hyphens, one kind of apostrophe. */
export const toSpokenKey = (word: string): string =>
  word.normalize('NFKC').toLowerCase().replace(/[’‘`]/g, "'").replace(/[-‐‑]/g, '');

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));
const left = (text: string): EditAction => ({ kind: 'mark', text, joins: 'left' });
const opening = (text: string): EditAction => ({ kind: 'mark', text, joins: 'right' });
const closing = (text: string): EditAction => ({ kind: 'mark', text, joins: 'left', closes: true });
const between = (text: string): EditAction => ({ kind: 'mark', text, joins: 'both' });

const ENGLISH: CommandLanguage = {
  commands: [
    { phrases: ['new line', 'next line'], does: { kind: 'break', text: '\n' }, guard: 'phrase' },
    { phrases: ['new paragraph', 'next paragraph'], does: { kind: 'break', text: '\n\n' }, guard: 'phrase' },
    { phrases: ['scratch that'], does: { kind: 'scratch' }, guard: 'last' },
    { phrases: ['delete that', 'strike that'], does: { kind: 'scratch' }, guard: 'alone' },
    { phrases: ['comma'], does: left(','), guard: 'noun' },
    { phrases: ['full stop', 'period'], does: left('.'), guard: 'noun' },
    { phrases: ['question mark'], does: left('?'), guard: 'phrase' },
    { phrases: ['exclamation mark', 'exclamation point'], does: left('!'), guard: 'phrase' },
    { phrases: ['colon'], does: left(':'), guard: 'noun' },
    { phrases: ['semicolon'], does: left(';'), guard: 'noun' },
    { phrases: ['ellipsis', 'dot dot dot'], does: left('…'), guard: 'phrase' },
    { phrases: ['dash', 'em dash'], does: { kind: 'mark', text: '–', joins: 'none' }, guard: 'noun' },
    { phrases: ['hyphen'], does: between('-'), guard: 'noun' },
    { phrases: ['forward slash'], does: between('/'), guard: 'phrase' },
    { phrases: ['at sign'], does: between('@'), guard: 'phrase' },
    { phrases: ['open quote', 'open quotes', 'begin quote'], does: opening('"'), guard: 'phrase' },
    { phrases: ['close quote', 'close quotes', 'end quote', 'unquote'], does: closing('"'), guard: 'phrase' },
    { phrases: ['open parenthesis', 'open paren', 'open bracket'], does: opening('('), guard: 'phrase' },
    { phrases: ['close parenthesis', 'close paren', 'close bracket'], does: closing(')'), guard: 'phrase' },
  ],
  literal: ['literal', 'literally'],
  insert: ['insert'],
  articles: set('a an the every each another my your our their its whole entire oxford serial inverted word'),
  pointing: set('this that these those some any no one his her'),
  describing: set(
    'long short brief trial grace time certain given whole same first second third last next previous early late new old ' +
      'busy difficult quiet waiting cooling single double trailing missing extra final mad quick small large sigmoid',
  ),
  followers: set('of key character characters splice separated delimited cancer'),
  subjects: set(
    "to i you we they he she can could will would should must don't didn't never let's from a the just please",
  ),
  small: set(
    'a an the and or but nor so yet if then than that this these those to of in on at by for from with without as is are was ' +
      'were be been it its we you they he she my your our their his her not no because while when where which who what how ' +
      'thank thanks please also just only there here',
  ),
};

/** ISO 639 code of the speech to its commands. */
export const LANGUAGES: Readonly<Record<string, CommandLanguage>> = { en: ENGLISH };

const SILENT: CommandLanguage = {
  ...{ commands: [], literal: [], insert: [] },
  ...{
    articles: new Set(),
    pointing: new Set(),
    describing: new Set(),
    followers: new Set(),
    subjects: new Set(),
    small: new Set(),
  },
};

/** A language without a table has no commands of its own; the user's dictionary still works. */
export const selectLanguage = (code: string): CommandLanguage => getOwnEntry(LANGUAGES, code) ?? SILENT;
