import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';
import { isNumber, isProperName, isSentenceEnd, isSmallWord } from './meaning.ts';

const toSet = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** English words repeated on purpose, or for grammatical reasons. */
const INTENTIONAL = toSet(
  'that had very no yes yeah bye ha really many much more please well there so okay ok now never far long way too again blah ' +
    'knock hear do hello hi hey go stop wait come wow hush there right sure quite pretty super big old deep little wait out ' +
    'up down over on then one great nice good bad',
);
/**
 * Words that can end one clause and begin the next: "when I saw it, it was red". Disfluent only at a sentence's start.
 */
const BETWEEN_CLAUSES = toSet('it you this these those her is was were him them us me he she did have has');

/**
 * Words of other languages that are only repeated by accident. Short on purpose: "die die", "nous nous" and "dat dat"
 * can be correct, and "très, très" is intended.
 */
const ACCIDENTAL_BY_LANGUAGE: Readonly<Record<string, ReadonlySet<string>>> = {
  de: toSet('ich wir und aber oder weil wenn mit auf von ein eine einen ist hat mein'),
  fr: toSet('je tu il et mais ou le la les un une des dans pour avec sur est'),
  es: toSet('yo pero el los un una de en con por para que es'),
  it: toSet('io ma il un una di con per che in è'),
  pt: toSet('eu mas um uma de em com por para que é'),
  nl: toSet('ik en maar of de het een van met op is'),
  sv: toSet('jag och men en ett på med att'),
  pl: toSet('ja ale na że jest'),
};

/** Whether an English word is often repeated for emphasis or by grammar. */
export const isIntentionalRepeat = (bare: string): boolean => INTENTIONAL.has(bare);

/** Whether `word`, followed by itself, is a disfluency. In doubt it is not. */
export function isAccidentalRepeat(word: string, next: string, before: string | undefined, language: string): boolean {
  const bare = extractBareWord(word);
  if (bare === '' || bare !== extractBareWord(next) || isSentenceEnd(word)) return false;
  if (language !== 'en') return getOwnEntry(ACCIDENTAL_BY_LANGUAGE, language)?.has(bare) === true;
  if (isNumber(bare, 'en') || isIntentionalRepeat(bare)) return false;
  const isSentenceStart = before === undefined || isSentenceEnd(before);
  if (BETWEEN_CLAUSES.has(bare)) return isSentenceStart;
  if (isSmallWord(bare)) return true;
  if (isProperName(next, '')) return false;
  // Letters may be spelling; other words with a comma between them may be emphasis.
  return bare.length >= 3 && !word.endsWith(',');
}
