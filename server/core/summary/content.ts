import { foldText } from '../transcript/search-text.ts';
import type { NumberedSentence } from './claims.ts';
import { isSameStem } from './stems.ts';
import { type AnalysedText, analyseText, detectTextLanguage, type Token } from './tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Minimum share of a claim's content words that the cited sentences must contain, as measured by `npm run bench --
 * claims`: models paraphrase, and any missing word may have been invented.
 */
export const SUPPORT_SHARE_MIN = 0.75;
/** In unspaced languages pairs of characters are compared; grammar changes more of those. */
const UNSPACED_SHARE_MIN = 0.6;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu;
const UNSPACED_NEGATION = /不|没|沒|無|非|ない|ません|なかった|ぬ|ไม่/g;

/**
 * Whether the cited sentences support a claim: they contain all its numbers, names, times and addresses, it denies what
 * they deny and nothing else, it uses no opposite of their words, and most of its other words are theirs. Words are
 * compared, not meanings: a complete paraphrase is refused, and so is a claim without any content.
 */
export function isSupported(claim: string, sentences: readonly NumberedSentence[]): boolean {
  const cited = sentences.map(({ text, speaker }) => ({ text, speaker }));
  const letters = claim.match(/\p{L}/gu)?.length ?? 0;
  if ((claim.match(UNSPACED)?.length ?? 0) * 2 > letters)
    return isSupportedUnspaced(claim, cited.map(({ text, speaker = '' }) => `${speaker} ${text}`).join(' '));
  const language = detectTextLanguage([claim, ...cited.map(({ text }) => text)]);
  const analysed = analyseText(claim, language);
  const source = joinTexts(cited.map(({ text, speaker }) => withSpeaker(analyseText(text, language), speaker)));
  const { vocabulary } = language;
  return (
    analysed.links.every((link) => source.links.includes(link)) &&
    hasNumbers(analysed, source) &&
    hasMarkers(analysed, source, vocabulary) &&
    hasNoOpposite(analysed, source, vocabulary) &&
    hasSamePolarity(analysed, source) &&
    hasSameSubject(analysed, source) &&
    hasWords(analysed, source, vocabulary)
  );
}

/** Replaces `I` by the speaker's name, which also stands for the sentence. */
function withSpeaker(source: AnalysedText, speaker: string | undefined): AnalysedText {
  if (speaker === undefined) return source;
  const name = (word: string): Token => ({ word, kind: 'word', isName: true, isCapital: true, isContent: true });
  const names = (foldText(speaker).match(/[\p{L}\p{N}]+/gu) ?? []).map(name);
  if (names.length === 0) return source;
  // One token for each, so that the positions of numbers stay valid.
  const tokens = source.tokens.map((token) => (token.kind === 'self' ? names[0]! : token));
  return { ...source, tokens: [...tokens, END, ...names, END] };
}

const END: Token = { word: '.', kind: 'end', isName: false, isCapital: false, isContent: false };

function joinTexts(parts: readonly AnalysedText[]): AnalysedText {
  const tokens: Token[] = [];
  const numbers: AnalysedText['numbers'][number][] = [];
  for (const part of parts) {
    const at = tokens.length;
    numbers.push(...part.numbers.map(({ value, from, to }) => ({ value, from: from + at, to: to + at })));
    tokens.push(...part.tokens, END);
  }
  return { tokens, numbers, links: parts.flatMap(({ links }) => links) };
}

const containsWord = (tokens: readonly Token[], word: string): boolean =>
  tokens.some((token) => token.kind !== 'end' && isSameStem(token.word, word));

/** Every number was said, and of the thing it is said of, if that has numbers. */
function hasNumbers(claim: AnalysedText, source: AnalysedText): boolean {
  return claim.numbers.every((number) => {
    if (!source.numbers.some(({ value }) => value === number.value)) return false;
    return (['after', 'before'] as const).every((side) => {
      let candidates = source.numbers;
      // `blocks port 80` next to `use port 443`: the nearest word tells what is counted, the next one what it belongs
      // to.
      for (const [depth, thing] of neighbours(claim.tokens, number, side).entries()) {
        const matching = candidates.filter((each) => {
          const other = neighbours(source.tokens, each, side)[depth];
          return other !== undefined && isSameStem(other, thing);
        });
        if (matching.length === 0) break;
        candidates = matching;
      }
      return candidates.some(({ value }) => value === number.value);
    });
  });
}

/** How many words next to a number are examined. */
const NEIGHBOUR_DISTANCE_MAX = 4;

/** The two nearest content words next to a number, in its clause. */
function neighbours(
  tokens: readonly Token[],
  { from, to }: { readonly from: number; readonly to: number },
  side: 'before' | 'after',
): string[] {
  const step = side === 'after' ? 1 : -1;
  const words: string[] = [];
  for (
    let i = side === 'after' ? to : from - 1, examined = 0;
    examined < NEIGHBOUR_DISTANCE_MAX;
    i += step, examined++
  ) {
    const token = tokens[i];
    if (token === undefined || token.kind === 'end' || words.length === 2) break;
    // The first one has to be adjacent, or nearly so.
    if (token.isContent) words.push(token.word);
    else if (words.length === 0 && examined > 0) break;
  }
  return words;
}

/** Rejects `more ink` where `less ink` was said, or `instead of Oracle` where it was `instead of Postgres`. */
function hasMarkers(claim: AnalysedText, source: AnalysedText, { degrees }: Vocabulary): boolean {
  const findMarkers = ({ tokens }: AnalysedText): { marker: string; thing: string }[] =>
    tokens.flatMap(({ word }, i) => {
      const thing = degrees.has(word) ? neighbours(tokens, { from: i, to: i + 1 }, 'after')[0] : undefined;
      return thing === undefined ? [] : [{ marker: word, thing }];
    });
  const sourceMarkers = findMarkers(source);
  return findMarkers(claim).every(({ marker, thing }) => {
    const sameThing = sourceMarkers.filter((each) => isSameStem(each.thing, thing));
    if (sameThing.length > 0) return sameThing.some((each) => each.marker === marker);
    // The marker was said only of something else.
    return !sourceMarkers.some((each) => each.marker === marker);
  });
}

function hasNoOpposite(claim: AnalysedText, source: AnalysedText, { opposites }: Vocabulary): boolean {
  const isInSource = (words: ReadonlySet<string>): boolean => source.tokens.some(({ word }) => words.has(word));
  const unsaid = claim.tokens.filter(({ word, kind }) => kind !== 'end' && !containsWord(source.tokens, word));
  const isUnsaid = (words: ReadonlySet<string>): boolean => unsaid.some(({ word }) => words.has(word));
  return opposites.every(
    ([one, other]) => !(isUnsaid(one) && isInSource(other)) && !(isUnsaid(other) && isInSource(one)),
  );
}

interface Denial {
  /** The word that is denied. */
  readonly head: string;
  /** The following words that may be the head in another word order, including the head. */
  readonly scope: readonly string[];
  /** The last content word before the negation: `the grant was not received`. */
  readonly before: readonly string[];
  /** All content words of its clause. */
  readonly clause: readonly string[];
}

/** How many content words after it a negation covers. */
const NEGATION_SCOPE = 3;

function findDenials({ tokens }: AnalysedText): Denial[] {
  return tokens.flatMap((token, i) => {
    if (token.kind !== 'negation') return [];
    const behind = readContentWords(tokens, i, 1);
    const before = readContentWords(tokens, i, -1);
    // German puts the negation at the end of a clause.
    const scope = (behind.length > 0 ? behind : before).slice(0, NEGATION_SCOPE);
    const clause = [...before, ...behind];
    return scope.length === 0 ? [] : [{ head: scope[0]!, scope, before: before.slice(0, 1), clause }];
  });
}

/** Content words of the same clause, nearest first. */
function readContentWords(tokens: readonly Token[], at: number, step: 1 | -1): string[] {
  const words: string[] = [];
  for (let i = at + step; tokens[i] !== undefined && tokens[i]!.kind !== 'end'; i += step)
    if (tokens[i]!.isContent) words.push(tokens[i]!.word);
  return words;
}

/** The clauses without a negation, as their content words. */
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

const countShared = (some: readonly string[], others: readonly string[]): number =>
  some.filter((one) => others.some((other) => isSameStem(one, other))).length;

/** Whatever the claim denies was denied, and it affirms nothing that was denied. */
function hasSamePolarity(claim: AnalysedText, source: AnalysedText): boolean {
  const claimDenials = findDenials(claim);
  const sourceMarkers = findDenials(source);
  const affirmed = affirmedClauses(source);
  const isDenied = ({ head, scope, before, clause }: Denial): boolean =>
    sourceMarkers.some((each) => {
      if (countShared([...scope, ...before], each.scope) === 0) return false;
      const likeness = countShared(clause, each.clause);
      // `Nobody tested it; Lisa is to test it on Monday.` affirms Lisa's part, whatever it denies about testing.
      return !affirmed.some((other) => countShared([head], other) > 0 && countShared(clause, other) > likeness);
    });
  const isAffirmed = ({ head }: Denial): boolean =>
    claim.tokens.some((token) => token.isContent && isSameStem(token.word, head)) &&
    !claimDenials.some(({ scope, before }) => countShared([head], [...scope, ...before]) > 0) &&
    !affirmed.some((other) => {
      const words = claim.tokens.filter(({ isContent }) => isContent).map(({ word }) => word);
      return countShared([head], other) > 0 && countShared(words, other) === words.length;
    });
  return claimDenials.every(isDenied) && !sourceMarkers.some(isAffirmed);
}

/**
 * Checks who does it: one of two names must not be taken for the other, unless the sentence is turned into the passive.
 */
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
      each.isContent && isSameStem(each.word, token.word) ? [at] : [],
    );
    const subjects = places.map((place) => subjectBefore(source.tokens, place)).filter((each) => each !== undefined);
    if (subjects.length === 0 || subjects.includes(subject)) return true;
    // The word may belong to an object; only the other name as its subject shows that they were swapped.
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

/** All names and times are present, and enough of the other words. */
function hasWords({ tokens }: AnalysedText, source: AnalysedText, { times }: Vocabulary): boolean {
  const content = tokens.filter(({ isContent, word }) => isContent || times.has(word));
  const missing = content.filter(({ word }) => !containsWord(source.tokens, word));
  const hasContent = content.length > 0 || tokens.some(({ kind }) => kind === 'number');
  if (!hasContent || missing.some(({ word, isCapital }) => isCapital || times.has(word))) return false;
  return content.length === 0 || (content.length - missing.length) / content.length >= SUPPORT_SHARE_MIN;
}

function isSupportedUnspaced(claim: string, source: string): boolean {
  const pairs = (text: string): string[] => {
    const characters = [...foldText(text).replace(/[^\p{L}\p{N}]/gu, '')];
    return characters.slice(1).map((character, i) => characters[i]! + character);
  };
  const digits = (text: string): string[] => foldText(text).match(/\d+/g) ?? [];
  const denies = (text: string): boolean => (text.match(UNSPACED_NEGATION)?.length ?? 0) > 0;
  const claimDenials = pairs(claim);
  const sourceMarkers = new Set(pairs(source));
  const numbers = digits(source);
  if (claimDenials.length === 0 || denies(claim) !== denies(source)) return false;
  if (!digits(claim).every((number) => numbers.includes(number))) return false;
  return claimDenials.filter((pair) => sourceMarkers.has(pair)).length / claimDenials.length >= UNSPACED_SHARE_MIN;
}
