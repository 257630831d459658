import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';
import { endsSentence, isNumber, isProperName, isSmall } from './meaning.ts';

const list = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** English words said twice on purpose, or for grammar's sake. */
const MEANT = list(
  'that had very no yes yeah bye ha really many much more please well there so okay ok now never far long way too again blah ' +
    'knock hear do hello hi hey go stop wait come wow hush there right sure quite pretty super big old deep little wait out ' +
    'up down over on then one great nice good bad',
);
/** Words that can end one clause and begin the next: "when I saw it, it was red". Stumbles only at a sentence's start. */
const BETWEEN_CLAUSES = list('it you this these those her is was were him them us me he she did have has');

/**
 * Words of other languages that never stand twice in a row but by a stumble. Short on purpose: "die die", "nous nous" and
 * "dat dat" can be right, and "très, très" is meant.
 */
const ELSEWHERE: Readonly<Record<string, ReadonlySet<string>>> = {
  de: list('ich wir und aber oder weil wenn mit auf von ein eine einen ist hat mein'),
  fr: list('je tu il et mais ou le la les un une des dans pour avec sur est'),
  es: list('yo pero el los un una de en con por para que es'),
  it: list('io ma il un una di con per che in è'),
  pt: list('eu mas um uma de em com por para que é'),
  nl: list('ik en maar of de het een van met op is'),
  sv: list('jag och men en ett på med att'),
  pl: list('ja ale na że jest'),
};

/** Whether an English word is often doubled for emphasis or by grammar. */
export const isIntentionalRepeat = (bare: string): boolean => MEANT.has(bare);

/** Whether `word`, followed by itself, is a stumble. In doubt it is not. */
export function isAccidentalRepeat(word: string, next: string, before: string | undefined, language: string): boolean {
  const bare = extractBareWord(word);
  if (bare === '' || bare !== extractBareWord(next) || endsSentence(word)) return false;
  if (language !== 'en') return getOwnEntry(ELSEWHERE, language)?.has(bare) === true;
  if (isNumber(bare, 'en') || isIntentionalRepeat(bare)) return false;
  const starts = before === undefined || endsSentence(before);
  if (BETWEEN_CLAUSES.has(bare)) return starts;
  if (isSmall(bare)) return true;
  if (isProperName(next, '')) return false;
  // Letters may be spelling; other words with a comma between them may be emphasis.
  return bare.length >= 3 && !word.endsWith(',');
}
