import { foldText } from '../transcript/search-text.ts';
import type { NumberedSentence } from './claims.ts';
import { isSameWord } from './stems.ts';
import { type AnalysedText, analyseText, detectTextLanguage, type Token } from './tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Share of a claim's content words that the cited sentences must hold, by the measurements of `npm run bench -- claims`:
 * models say the same in other words, and whatever is missing may have been added.
 */
export const SUPPORT_SHARE_MIN = 0.75;
/** Where words are not spaced, pairs of characters are compared; grammar changes more of those. */
const PAIRS_SHARE_MIN = 0.6;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu;
const UNSPACED_NEGATION = /不|没|沒|無|非|ない|ません|なかった|ぬ|ไม่/g;

/**
 * Whether a claim rests on the sentences it cites: its numbers, names, times and addresses are all in them, it denies what
 * they deny and nothing else, it uses no opposite of what was said, and most of its other words are theirs.
 * Words are compared, not meanings: a claim in other words altogether is refused, and so is one without any content.
 */
export function isSupported(claim: string, sentences: readonly NumberedSentence[]): boolean {
  const cited = sentences.map(({ text, speaker }) => ({ text, speaker }));
  const letters = claim.match(/\p{L}/gu)?.length ?? 0;
  if ((claim.match(UNSPACED)?.length ?? 0) * 2 > letters)
    return bearsOutUnspaced(claim, cited.map(({ text, speaker = '' }) => `${speaker} ${text}`).join(' '));
  const of = detectTextLanguage([claim, ...cited.map(({ text }) => text)]);
  const said = analyseText(claim, of);
  const source = joined(cited.map(({ text, speaker }) => withSpeaker(analyseText(text, of), speaker)));
  const { vocabulary } = of;
  return (
    said.links.every((link) => source.links.includes(link)) &&
    hasNumbers(said, source) &&
    hasMarkers(said, source, vocabulary) &&
    hasNoOpposite(said, source, vocabulary) &&
    hasSamePolarity(said, source) &&
    hasSameSubject(said, source) &&
    hasWords(said, source, vocabulary)
  );
}

/** Whose `I` it is becomes the speaker's name, which also stands for the sentence. */
function withSpeaker(source: AnalysedText, speaker: string | undefined): AnalysedText {
  if (speaker === undefined) return source;
  const name = (word: string): Token => ({ word, kind: 'word', isName: true, isCapital: true, isContent: true });
  const names = (foldText(speaker).match(/[\p{L}\p{N}]+/gu) ?? []).map(name);
  if (names.length === 0) return source;
  // One token for one, so that the places of numbers stay.
  const tokens = source.tokens.map((token) => (token.kind === 'self' ? names[0]! : token));
  return { ...source, tokens: [...tokens, END, ...names, END] };
}

const END: Token = { word: '.', kind: 'end', isName: false, isCapital: false, isContent: false };

function joined(parts: readonly AnalysedText[]): AnalysedText {
  const tokens: Token[] = [];
  const numbers: AnalysedText['numbers'][number][] = [];
  for (const part of parts) {
    const at = tokens.length;
    numbers.push(...part.numbers.map(({ value, from, to }) => ({ value, from: from + at, to: to + at })));
    tokens.push(...part.tokens, END);
  }
  return { tokens, numbers, links: parts.flatMap(({ links }) => links) };
}

const holds = (tokens: readonly Token[], word: string): boolean =>
  tokens.some((token) => token.kind !== 'end' && isSameWord(token.word, word));

/** Every number was said, and of the thing it is said of, where that has numbers. */
function hasNumbers(claim: AnalysedText, source: AnalysedText): boolean {
  return claim.numbers.every((number) => {
    if (!source.numbers.some(({ value }) => value === number.value)) return false;
    return (['after', 'before'] as const).every((side) => {
      let candidates = source.numbers;
      // `blocks port 80` beside `use port 443`: the nearest word tells what is counted, the next one what of it.
      for (const [depth, thing] of neighbours(claim.tokens, number, side).entries()) {
        const alike = candidates.filter((each) => {
          const other = neighbours(source.tokens, each, side)[depth];
          return other !== undefined && isSameWord(other, thing);
        });
        if (alike.length === 0) break;
        candidates = alike;
      }
      return candidates.some(({ value }) => value === number.value);
    });
  });
}

/** Words looked at beside a number. */
const NEAR = 4;

/** The nearest two content words beside a number, in its clause. */
function neighbours(
  tokens: readonly Token[],
  { from, to }: { readonly from: number; readonly to: number },
  side: 'before' | 'after',
): string[] {
  const step = side === 'after' ? 1 : -1;
  const words: string[] = [];
  for (let i = side === 'after' ? to : from - 1, looked = 0; looked < NEAR; i += step, looked++) {
    const token = tokens[i];
    if (token === undefined || token.kind === 'end' || words.length === 2) break;
    // The first has to stand close by.
    if (token.isContent) words.push(token.word);
    else if (words.length === 0 && looked > 0) break;
  }
  return words;
}

/** `more ink` where `less ink` was said, `instead of Oracle` where it was `instead of Postgres`. */
function hasMarkers(claim: AnalysedText, source: AnalysedText, { degrees }: Vocabulary): boolean {
  const marked = ({ tokens }: AnalysedText): { marker: string; thing: string }[] =>
    tokens.flatMap(({ word }, i) => {
      const thing = degrees.has(word) ? neighbours(tokens, { from: i, to: i + 1 }, 'after')[0] : undefined;
      return thing === undefined ? [] : [{ marker: word, thing }];
    });
  const theirs = marked(source);
  return marked(claim).every(({ marker, thing }) => {
    const sameThing = theirs.filter((each) => isSameWord(each.thing, thing));
    if (sameThing.length > 0) return sameThing.some((each) => each.marker === marker);
    // The marker was said of something else, and of that alone.
    return !theirs.some((each) => each.marker === marker);
  });
}

function hasNoOpposite(claim: AnalysedText, source: AnalysedText, { opposites }: Vocabulary): boolean {
  const isSaid = (words: ReadonlySet<string>): boolean => source.tokens.some(({ word }) => words.has(word));
  const unsaid = claim.tokens.filter(({ word, kind }) => kind !== 'end' && !holds(source.tokens, word));
  const isUnsaid = (words: ReadonlySet<string>): boolean => unsaid.some(({ word }) => words.has(word));
  return opposites.every(([one, other]) => !(isUnsaid(one) && isSaid(other)) && !(isUnsaid(other) && isSaid(one)));
}

interface Denial {
  /** The word that is denied. */
  readonly head: string;
  /** The words behind it that may be the head in another order of words, and the head. */
  readonly scope: readonly string[];
  /** The last content word before the denial: `the grant was not received`. */
  readonly before: readonly string[];
  /** All content words of its clause. */
  readonly clause: readonly string[];
}

/** Content words that a denial reaches over behind it. */
const SCOPE = 3;

function denialsIn({ tokens }: AnalysedText): Denial[] {
  return tokens.flatMap((token, i) => {
    if (token.kind !== 'negation') return [];
    const behind = contentFrom(tokens, i, 1);
    const before = contentFrom(tokens, i, -1);
    // German denies at the end of a clause.
    const scope = (behind.length > 0 ? behind : before).slice(0, SCOPE);
    const clause = [...before, ...behind];
    return scope.length === 0 ? [] : [{ head: scope[0]!, scope, before: before.slice(0, 1), clause }];
  });
}

/** Content words of the same clause, nearest first. */
function contentFrom(tokens: readonly Token[], at: number, step: 1 | -1): string[] {
  const words: string[] = [];
  for (let i = at + step; tokens[i] !== undefined && tokens[i]!.kind !== 'end'; i += step)
    if (tokens[i]!.isContent) words.push(tokens[i]!.word);
  return words;
}

/** Clauses in which nothing is denied, as their content words. */
function affirmedClauses({ tokens }: AnalysedText): string[][] {
  const clauses: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'end') clauses.push([]);
    else clauses.at(-1)!.push(token);
  }
  return clauses
    .filter((clause) => !clause.some(({ kind }) => kind === 'negation'))
    .map((clause) => clause.filter(({ isContent }) => isContent).map(({ word }) => word));
}

const shared = (some: readonly string[], others: readonly string[]): number =>
  some.filter((one) => others.some((other) => isSameWord(one, other))).length;

/** What a claim denies was denied, and what was denied it does not affirm. */
function hasSamePolarity(claim: AnalysedText, source: AnalysedText): boolean {
  const mine = denialsIn(claim);
  const theirs = denialsIn(source);
  const affirmed = affirmedClauses(source);
  const isDenied = ({ head, scope, before, clause }: Denial): boolean =>
    theirs.some((each) => {
      if (shared([...scope, ...before], each.scope) === 0) return false;
      const likeness = shared(clause, each.clause);
      // `Nobody tested it; Lisa is to test it on Monday.` Lisa's part is affirmed, whatever was denied of testing.
      return !affirmed.some((other) => shared([head], other) > 0 && shared(clause, other) > likeness);
    });
  const isAffirmed = ({ head }: Denial): boolean =>
    claim.tokens.some((token) => token.isContent && isSameWord(token.word, head)) &&
    !mine.some(({ scope, before }) => shared([head], [...scope, ...before]) > 0) &&
    !affirmed.some((other) => {
      const words = claim.tokens.filter(({ isContent }) => isContent).map(({ word }) => word);
      return shared([head], other) > 0 && shared(words, other) === words.length;
    });
  return mine.every(isDenied) && !theirs.some(isAffirmed);
}

/** Who does it: the other of two names is not taken for the one, unless the sentence is turned round with `by`. */
function hasSameSubject(claim: AnalysedText, source: AnalysedText): boolean {
  const isName = (token: Token): boolean =>
    token.isCapital && token.isContent && source.tokens.some((each) => each.isName && each.word === token.word);
  const names = claim.tokens.flatMap((token, i) => (isName(token) ? [{ word: token.word, at: i }] : []));
  if (new Set(names.map(({ word }) => word)).size < 2) return true;
  const isPassive = claim.tokens.some(({ word }, i) => /^(by|von|par|por|da|dal|pelo|pela|door)$/.test(word) && i > 0);
  if (isPassive) return true;
  return claim.tokens.every((token, i) => {
    if (!token.isContent || isName(token)) return true;
    const subject = names.findLast(({ at }) => at < i)?.word;
    if (subject === undefined || names.some(({ at }) => at === i)) return true;
    const places = source.tokens.flatMap((each, at) =>
      each.isContent && isSameWord(each.word, token.word) ? [at] : [],
    );
    const subjects = places.map((place) => subjectBefore(source.tokens, place)).filter((each) => each !== undefined);
    if (subjects.length === 0 || subjects.includes(subject)) return true;
    // The word may belong to an object; only the other name as its subject tells that they were swapped.
    const isVerb = claim.tokens.slice(names.findLast(({ at }) => at < i)!.at + 1, i).every((each) => !each.isContent);
    return !isVerb || !names.some(({ word }) => subjects.includes(word));
  });
}

function subjectBefore(tokens: readonly Token[], place: number): string | undefined {
  for (let i = place - 1; i >= 0; i--) {
    const token = tokens[i]!;
    if (token.kind === 'end' && /[.!?]/.test(token.word)) return undefined;
    if (token.isCapital && token.isContent) return token.word;
  }
  return undefined;
}

/** Names and times are all there, and enough of the other words. */
function hasWords({ tokens }: AnalysedText, source: AnalysedText, { times }: Vocabulary): boolean {
  const content = tokens.filter(({ isContent, word }) => isContent || times.has(word));
  const missing = content.filter(({ word }) => !holds(source.tokens, word));
  const hasContent = content.length > 0 || tokens.some(({ kind }) => kind === 'number');
  if (!hasContent || missing.some(({ word, isCapital }) => isCapital || times.has(word))) return false;
  return content.length === 0 || (content.length - missing.length) / content.length >= SUPPORT_SHARE_MIN;
}

function bearsOutUnspaced(claim: string, source: string): boolean {
  const pairs = (text: string): string[] => {
    const characters = [...foldText(text).replace(/[^\p{L}\p{N}]/gu, '')];
    return characters.slice(1).map((character, i) => characters[i]! + character);
  };
  const digits = (text: string): string[] => foldText(text).match(/\d+/g) ?? [];
  const denies = (text: string): boolean => (text.match(UNSPACED_NEGATION)?.length ?? 0) > 0;
  const mine = pairs(claim);
  const theirs = new Set(pairs(source));
  const numbers = digits(source);
  if (mine.length === 0 || denies(claim) !== denies(source)) return false;
  if (!digits(claim).every((number) => numbers.includes(number))) return false;
  return mine.filter((pair) => theirs.has(pair)).length / mine.length >= PAIRS_SHARE_MIN;
}
