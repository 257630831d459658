import type { Dictionary } from './dictionary.ts';
import { type CommandLanguage, type EditAction, type SpokenCommand, toSpokenKey } from './language.ts';

/** A part of what was said. The field adds the spaces between parts. */
export type SpokenPiece =
  | { readonly kind: 'words'; readonly text: string }
  /** A spoken command: a punctuation mark, a line break or a removal. */
  | EditAction
  /** A snippet of the user's, inserted as it is. */
  | { readonly kind: 'verbatim'; readonly text: string };

export interface SpokenReading {
  readonly pieces: readonly SpokenPiece[];
  /** Number of characters that are read for good; more text may follow. */
  readonly read: number;
}

interface Token {
  readonly from: number;
  readonly length: number;
  readonly lead: string;
  /** The word's spoken key, see `toSpokenKey`. */
  readonly key: string;
  readonly word: string;
  readonly trail: string;
}

const TOKEN = /\S+/g;
const PARTS = /^([^\p{L}\p{N}]*)(.*?)([^\p{L}\p{N}%°$€£+#]*)$/su;

/** Longest phrase to look for, in words. */
export const PHRASE_WORDS_MAX = 8;

/** Finds spoken commands, replacements and snippets in sentences. */
export class SpokenReader {
  readonly #language: CommandLanguage;
  readonly #commands = new Map<string, SpokenCommand>();
  readonly #replacements: ReadonlyMap<string, string>;
  readonly #snippets: ReadonlyMap<string, string>;
  /** Beginnings of phrases: text that ends with one of them is still undecided. */
  readonly #beginnings = new Set<string>();

  constructor(language: CommandLanguage, dictionary: Dictionary) {
    this.#language = language;
    for (const command of language.commands)
      for (const phrase of command.phrases) this.#commands.set(joinWords(phrase), command);
    for (const [phrase, name] of dictionary.commands) {
      const command = language.commands.find((each) => each.phrases.includes(name));
      if (command !== undefined) this.#commands.set(joinWords(phrase), { ...command, guard: 'none' });
    }
    this.#replacements = dictionary.replacements;
    this.#snippets = dictionary.snippets;
    const insert = language.insert.map((word) => `${word} `);
    this.#addBeginnings([
      ...language.commands.flatMap(({ phrases }) => phrases),
      ...dictionary.commands.keys(),
      ...dictionary.replacements.keys(),
      ...[...dictionary.snippets.keys()].flatMap((phrase) => [phrase, ...insert.map((word) => word + phrase)]),
      ...language.literal.map((word) => `${word} x`),
    ]);
  }

  /**
   * Reads `text` from offset `from` on. While the sentence is not `complete`, everything whose meaning could still change with the
   * next words stays unread, so that what was read never changes.
   */
  read(text: string, from: number, state: 'open' | 'complete'): SpokenReading {
    const tokens = tokenise(text);
    const open = state === 'open';
    const pieces: SpokenPiece[] = [];
    // A punctuation mark may be added to a word that was already read.
    const cut = tokens.find((token) => token.from < from && token.from + token.length > from);
    if (cut !== undefined && open && cut === tokens.at(-1)) return { pieces, read: from };
    if (cut !== undefined) pieces.push({ kind: 'words', text: text.slice(from, cut.from + cut.length) });
    let at = tokens.findIndex((token) => token.from >= from);
    if (at === -1) return { pieces, read: Math.max(from, text.length) };
    if (at === 0 && !open) {
      const alone = this.#findWholeSnippet(tokens);
      if (alone !== undefined) return { pieces: [alone], read: text.length };
    }
    while (at < tokens.length) {
      if (open && this.#isUndecided(tokens, at)) break;
      const { pieces: found, tokens: taken } = this.#readToken(tokens, at);
      pieces.push(...found);
      at += taken;
    }
    return { pieces, read: at < tokens.length ? tokens[at]!.from : text.length };
  }

  /** The snippet whose phrase is the whole sentence. */
  #findWholeSnippet(tokens: readonly Token[]): SpokenPiece | undefined {
    const text = this.#snippets.get(tokens.map(({ key }) => key).join(' '));
    return text === undefined ? undefined : { kind: 'verbatim', text };
  }

  #readToken(tokens: readonly Token[], at: number): { pieces: SpokenPiece[]; tokens: number } {
    const { lead, key, trail } = tokens[at]!;
    if (this.#language.literal.includes(key) && trail === '') {
      const meant = this.#command(tokens, at + 1);
      if (meant !== undefined) return { pieces: [words(tokens, at + 1, meant.length)], tokens: meant.length + 1 };
    }
    if (this.#language.insert.includes(key) && trail === '') {
      const snippet = this.#lookup(this.#snippets, tokens, at + 1);
      if (snippet !== undefined)
        return { pieces: [{ kind: 'verbatim', text: snippet.value }], tokens: snippet.length + 1 };
    }
    const command = this.#command(tokens, at);
    if (command !== undefined && this.#isCommand(command.value, tokens, at, command.length)) {
      const last = tokens[at + command.length - 1]!;
      return { pieces: pieceOf(command.value, last.trail), tokens: command.length };
    }
    const other = this.#lookup(this.#replacements, tokens, at);
    if (other !== undefined) {
      const last = tokens[at + other.length - 1]!;
      return { pieces: [{ kind: 'words', text: lead + other.value + last.trail }], tokens: other.length };
    }
    return { pieces: [words(tokens, at, 1)], tokens: 1 };
  }

  #command(tokens: readonly Token[], at: number): { value: SpokenCommand; length: number } | undefined {
    return findLongest(tokens, at, (keys) => this.#commands.get(keys.join('')));
  }

  #lookup(
    phrases: ReadonlyMap<string, string>,
    tokens: readonly Token[],
    at: number,
  ): { value: string; length: number } | undefined {
    return phrases.size === 0 ? undefined : findLongest(tokens, at, (keys) => phrases.get(keys.join(' ')));
  }

  /** Whether the words are a command, and not about the thing itself, as in "the comma is wrong". */
  #isCommand(command: SpokenCommand, tokens: readonly Token[], at: number, length: number): boolean {
    if (command.guard === 'none') return true;
    const before = tokens[at - 1];
    const after = tokens[at + length];
    const { trail } = tokens[at + length - 1]!;
    const apart = before === undefined || before.trail !== '';
    const ends = after === undefined || trail !== '';
    if (command.guard === 'alone') return apart && ends;
    if (command.guard === 'last') return ends && (apart || !this.#language.subjects.has(before.key));
    if (!apart) {
      if (this.#language.articles.has(before.key)) return false;
      const article = tokens[at - 2];
      const { articles, pointing } = this.#language;
      const described = article?.trail === '' && (articles.has(article.key) || pointing.has(article.key));
      if (command.guard === 'noun' && described && this.#language.describing.has(before.key)) return false;
    }
    return ends || !this.#language.followers.has(after.key);
  }

  /** Whether the meaning of the words at `at` depends on words that have not arrived yet. */
  #isUndecided(tokens: readonly Token[], at: number): boolean {
    const end = tokens.length;
    // A spoken mark may replace the mark of the last word.
    if (tokens.at(-1)!.trail !== '' && at + this.#readToken(tokens, at).tokens === end) return true;
    for (let to = at + 1; to <= Math.min(end, at + PHRASE_WORDS_MAX); to++) {
      const keys = tokens.slice(at, to).map(({ key }) => key);
      if (to === end && this.#beginnings.has(keys.join(''))) return true;
      if (to === end && this.#commands.has(keys.join(''))) return true;
      if (tokens[to - 1]!.trail !== '') break;
    }
    const escaped = this.#language.literal.includes(tokens[at]!.key) && at + 1 < end;
    return escaped && this.#isUndecided(tokens, at + 1);
  }

  #addBeginnings(phrases: readonly string[]): void {
    for (const phrase of phrases) {
      const parts = phrase.split(' ');
      for (let count = 1; count < parts.length; count++) this.#beginnings.add(parts.slice(0, count).join(''));
    }
  }
}

const joinWords = (phrase: string): string => phrase.replaceAll(' ', '');

function findLongest<T>(
  tokens: readonly Token[],
  at: number,
  find: (keys: readonly string[]) => T | undefined,
): { value: T; length: number } | undefined {
  let found: { value: T; length: number } | undefined;
  const keys: string[] = [];
  for (let to = at; to < Math.min(tokens.length, at + PHRASE_WORDS_MAX); to++) {
    keys.push(tokens[to]!.key);
    const value = find(keys);
    if (value !== undefined) found = { value, length: to - at + 1 };
    // Phrases do not continue across a mark: "something new. Line up."
    if (tokens[to]!.trail !== '' || (tokens[to + 1]?.lead ?? '') !== '') break;
  }
  return found;
}

function tokenise(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => {
    const [, lead = '', word = '', trail = ''] = PARTS.exec(match[0])!;
    return { from: match.index, length: match[0].length, lead, word, trail, key: toSpokenKey(word) };
  });
}

function words(tokens: readonly Token[], at: number, count: number): SpokenPiece {
  const text = tokens.slice(at, at + count).map(({ lead, word, trail }) => lead + word + trail);
  return { kind: 'words', text: text.join(' ') };
}

/** Drops the recogniser's own marks next to a spoken one, except the end of the sentence after a closing quote. */
function pieceOf({ action: does }: SpokenCommand, trail: string): SpokenPiece[] {
  if (does.kind !== 'mark' || does.closes !== true) return [does];
  const end = /[.?!,;:]/.exec(trail)?.[0];
  return end === undefined ? [does] : [does, { kind: 'mark', text: end, joins: 'left' }];
}
