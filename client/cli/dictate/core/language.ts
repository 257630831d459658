import { getOwnEntry } from '../../../../protocol/own-entry.ts';
/** What a spoken command does. */
export type EditAction =
  | {
      readonly kind: 'mark';
      readonly text: string;
      /** On which sides it has no space. */
      readonly joins: 'left' | 'right' | 'both' | 'none';
      /** Closes a quote or a bracket: the end of a sentence before it stays, and another may follow. */
      readonly closes?: true;
    }
  | { readonly kind: 'break'; readonly text: '\n' | '\n\n' }
  | { readonly kind: 'scratch' };

/**
 * When words are a command and not about the thing itself. `none`: always. `phrase`: unless an article precedes them, or a word
 * follows that makes them a noun. `noun`: in addition, not after an article and an adjective ("a long period"). `last`: only at
 * the end of a sentence or before a mark. `alone`: only between marks.
 */
export type CommandGuard = 'none' | 'phrase' | 'noun' | 'last' | 'alone';

export interface SpokenCommand {
  /** In lower case, words separated by one space. The first is the command's name in messages and in the dictionary. */
  readonly phrases: readonly string[];
  readonly action: EditAction;
  readonly guard: CommandGuard;
}

/** The commands and function words of a language. To add a language, add such an object to `LANGUAGES`. */
export interface CommandLanguage {
  readonly commands: readonly SpokenCommand[];
  /** Spoken before a command to insert its words instead. */
  readonly literal: readonly string[];
  /** Spoken before the name of a snippet to insert it within a sentence. */
  readonly insert: readonly string[];
  /** Articles; before a command's words they make them a noun: "the comma". */
  readonly articles: ReadonlySet<string>;
  /** Demonstratives; like articles, but only with an adjective after them: "I like that comma" is a command. */
  readonly pointing: ReadonlySet<string>;
  /** Adjectives between an article and a command's words: "a long period". */
  readonly describing: ReadonlySet<string>;
  /** Words that make a command's words before them a noun: "comma separated". */
  readonly followers: ReadonlySet<string>;
  /** Subjects; the words after them are no command: "I scratch that". */
  readonly subjects: ReadonlySet<string>;
  /** Words that are never names: written in lower case when the sentence turns out to continue. */
  readonly neverNames: ReadonlySet<string>;
}

/** Normalises a word for comparison: lower case, no hyphens, one kind of apostrophe. */
export const toSpokenKey = (word: string): string =>
  word.normalize('NFKC').toLowerCase().replace(/[’‘`]/g, "'").replace(/[-‐‑]/g, '');

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));
const left = (text: string): EditAction => ({ kind: 'mark', text, joins: 'left' });
const opening = (text: string): EditAction => ({ kind: 'mark', text, joins: 'right' });
const closing = (text: string): EditAction => ({ kind: 'mark', text, joins: 'left', closes: true });
const between = (text: string): EditAction => ({ kind: 'mark', text, joins: 'both' });

const ENGLISH: CommandLanguage = {
  commands: [
    { phrases: ['new line', 'next line'], action: { kind: 'break', text: '\n' }, guard: 'phrase' },
    { phrases: ['new paragraph', 'next paragraph'], action: { kind: 'break', text: '\n\n' }, guard: 'phrase' },
    { phrases: ['scratch that'], action: { kind: 'scratch' }, guard: 'last' },
    { phrases: ['delete that', 'strike that'], action: { kind: 'scratch' }, guard: 'alone' },
    { phrases: ['comma'], action: left(','), guard: 'noun' },
    { phrases: ['full stop', 'period'], action: left('.'), guard: 'noun' },
    { phrases: ['question mark'], action: left('?'), guard: 'phrase' },
    { phrases: ['exclamation mark', 'exclamation point'], action: left('!'), guard: 'phrase' },
    { phrases: ['colon'], action: left(':'), guard: 'noun' },
    { phrases: ['semicolon'], action: left(';'), guard: 'noun' },
    { phrases: ['ellipsis', 'dot dot dot'], action: left('…'), guard: 'phrase' },
    { phrases: ['dash', 'em dash'], action: { kind: 'mark', text: '–', joins: 'none' }, guard: 'noun' },
    { phrases: ['hyphen'], action: between('-'), guard: 'noun' },
    { phrases: ['forward slash'], action: between('/'), guard: 'phrase' },
    { phrases: ['at sign'], action: between('@'), guard: 'phrase' },
    { phrases: ['open quote', 'open quotes', 'begin quote'], action: opening('"'), guard: 'phrase' },
    { phrases: ['close quote', 'close quotes', 'end quote', 'unquote'], action: closing('"'), guard: 'phrase' },
    { phrases: ['open parenthesis', 'open paren', 'open bracket'], action: opening('('), guard: 'phrase' },
    { phrases: ['close parenthesis', 'close paren', 'close bracket'], action: closing(')'), guard: 'phrase' },
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
  neverNames: set(
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
    neverNames: new Set(),
  },
};

/** A language without a table has no commands of its own; the user's dictionary still works. */
export const selectLanguage = (code: string): CommandLanguage => getOwnEntry(LANGUAGES, code) ?? SILENT;
