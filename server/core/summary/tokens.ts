import { foldText } from '../transcript/search-text.ts';
import { DIGITS, type FoundNumber, findNumbers } from './numbers.ts';
import { selectVocabulary, type Vocabulary } from './vocabulary.ts';

export interface Token {
  /** Without case and accents. */
  readonly word: string;
  readonly kind: 'word' | 'number' | 'negation' | 'self' | 'end';
  /** Has a capital that is not at the start of a sentence. */
  readonly isName: boolean;
  readonly isCapital: boolean;
  /** Carries content: neither a function word nor a word about speaking. */
  readonly isContent: boolean;
}

export interface AnalysedText {
  readonly tokens: readonly Token[];
  readonly numbers: readonly FoundNumber[];
  readonly links: readonly string[];
}

const LINK =
  /(?:https?:\/\/|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?=[\w.-]*[a-z])[a-z0-9][\w-]*(?:\.[\w-]+)*\.[a-z]{2,}\b(?:\/\S*)?/giu;
const TOKEN_PATTERN = new RegExp(`${DIGITS.source}|[\\p{L}\\p{M}\\p{N}]+(?:['’][\\p{L}\\p{M}]+)*|[.!?;:,…]`, 'gu');
const CONTRACTED_NOT = /n['’]t$/;
/** Words at which the scope of a negation ends. */
const CLAUSE_BOUNDARIES = new Set(['but', 'aber', 'sondern', 'mais', 'pero', 'ma', 'mas', 'because', 'weil', 'while']);
/** Months that are other words without a capital. */
const MONTHS_BY_CAPITAL = new Set(['may', 'march', 'mars', 'marzo', 'mai']);

/** Detects the language in which the texts are compared. */
export function detectTextLanguage(texts: readonly string[]): {
  readonly language: string;
  readonly vocabulary: Vocabulary;
} {
  return selectVocabulary(texts.flatMap((text) => foldText(text).match(/[\p{L}\p{M}]+/gu) ?? []));
}

/** Analyses a text for the guard. Spoken addresses (`example dot com`) are read as they are written. */
export function analyseText(
  text: string,
  languageInfo: { readonly language: string; readonly vocabulary: Vocabulary },
): AnalysedText {
  const { language, vocabulary } = languageInfo;
  const written = text
    .replace(/ +(?:dot|punkt|point|punto|ponto) +(?=[a-z])/gi, '.')
    .replace(/ +slash +/gi, '/')
    .replace(/ +at +(?=[\w-]+\.[a-z]{2,}\b)/gi, '@');
  const links = [...written.matchAll(LINK)].map(([link]) => foldText(link).replace(/[.,;:!?)]+$/, ''));
  const tokens: Token[] = [];
  let isStart = true;
  const push = (raw: string): void => {
    const word = foldText(raw);
    const isCapital = /^\p{Lu}/u.test(raw);
    const kind = classifyWord(word, vocabulary);
    const isFunction = vocabulary.stop.has(word) || vocabulary.report.has(word) || kind !== 'word' || word.length < 2;
    const isMonth = isCapital && !isStart && MONTHS_BY_CAPITAL.has(word);
    const isContent = isMonth || (!isFunction && !/^\d/.test(word));
    tokens.push({ word, kind, isCapital, isName: isCapital && !isStart, isContent });
    isStart = false;
  };
  for (const [piece] of written.replace(LINK, ' ').matchAll(TOKEN_PATTERN)) {
    if (/^[.!?;:,…]$/.test(piece)) {
      tokens.push({ word: piece, kind: 'end', isCapital: false, isName: false, isContent: false });
      if (/[.!?…]/.test(piece)) isStart = true;
    } else if (CONTRACTED_NOT.test(piece)) push('not');
    else if (/^\d/.test(piece) || !/['’]/.test(piece)) push(piece);
    else for (const part of piece.split(/['’]/)) if (foldText(part) !== 's') push(part);
  }
  const numbers = findNumbers(
    tokens.map(({ word }) => word),
    language,
  );
  for (const { from, to } of numbers)
    for (let i = from; i < to; i++) tokens[i] = { ...tokens[i]!, kind: 'number', isContent: false };
  return { tokens, numbers, links };
}

function classifyWord(word: string, { negations, self }: Vocabulary): Token['kind'] {
  if (negations.has(word)) return 'negation';
  if (CLAUSE_BOUNDARIES.has(word)) return 'end';
  return self.has(word) ? 'self' : 'word';
}
