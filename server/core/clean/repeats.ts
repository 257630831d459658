import { getOwnEntry } from '../../../protocol/index.ts';
import { extractBareWord } from './chunks.ts';
import { hasEndMark, isNumber, isProperName, isSentenceEnd, isSmallWord } from './meaning.ts';

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

/** Words that are said twice for emphasis, in any language: no list holds a word that another language repeats by accident. */
const EMPHATIC = toSet(
  'no yes yeah very really never bye ha please stop wait hello hi hey hush blah knock ' +
    'nein ja sehr nie non oui très jamais sí muy nunca sì molto mai não sim muito nee heel nooit nej mycket nie tak bardzo',
);
/** What is said this often in a row, and has content, is said on purpose. */
const DELIBERATE_COPIES = 3;
const PHRASE_WORDS_MAX = 8;
const BROKEN_OFF = /\p{L}[-–—]+[,.]?$/u;

/** Words [from, to) of a text. */
export interface WordRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Finds what was said again on purpose: words of emphasis and spelled letters twice, other words with content three times, and
 * phrases three times when nothing goes on behind them without a pause, as in a vow or a refrain.
 */
export function findDeliberateRepeats(words: readonly string[], language: string): readonly WordRange[] {
  const bare = words.map(extractBareWord);
  const found: WordRange[] = [];
  for (let at = 0; at < bare.length; ) {
    const range = findRepeatAt(at, bare, words, language);
    if (range !== undefined) found.push(range);
    at = range?.to ?? at + 1;
  }
  return found;
}

function findRepeatAt(
  at: number,
  bare: readonly string[],
  words: readonly string[],
  language: string,
): WordRange | undefined {
  for (let period = 1; period <= PHRASE_WORDS_MAX && at + 2 * period <= bare.length; period++) {
    const phrase = bare.slice(at, at + period);
    let to = at + period;
    while (to < bare.length && bare[to] !== '' && bare[to] === bare[to - period]) to++;
    const copies = Math.floor((to - at) / period);
    to = at + copies * period;
    const isEnough = copies >= DELIBERATE_COPIES || (copies === 2 && period === 1 && isEmphatic(phrase[0]!));
    const isEnd = period === 1 || to === words.length || isSentenceEnd(words[to - 1]!, words[to], language);
    const isWhole = !words.slice(at, to).some((word) => BROKEN_OFF.test(word));
    if (isEnough && isEnd && isWhole && phrase.some((word) => hasContent(word, language))) return { from: at, to };
  }
  return undefined;
}

/** Two letters in a row are spelled, but for those that are words. */
const isEmphatic = (bare: string): boolean => EMPHATIC.has(bare) || /^(?![aioeyu])\p{L}$/u.test(bare);

function hasContent(bare: string, language: string): boolean {
  return language === 'en' ? !isSmallWord(bare) : getOwnEntry(ACCIDENTAL_BY_LANGUAGE, language)?.has(bare) !== true;
}

/** Whether an English word is often repeated for emphasis or by grammar. */
export const isIntentionalRepeat = (bare: string): boolean => INTENTIONAL.has(bare);

/** Whether `word`, followed by itself, is a disfluency. In doubt it is not. */
export function isAccidentalRepeat(word: string, next: string, before: string | undefined, language: string): boolean {
  const bare = extractBareWord(word);
  if (bare === '' || bare !== extractBareWord(next) || hasEndMark(word)) return false;
  if (language !== 'en') return getOwnEntry(ACCIDENTAL_BY_LANGUAGE, language)?.has(bare) === true;
  if (isNumber(bare, 'en') || isIntentionalRepeat(bare)) return false;
  const isSentenceStart = before === undefined || isSentenceEnd(before, word, language);
  if (BETWEEN_CLAUSES.has(bare)) return isSentenceStart;
  if (isSmallWord(bare)) return true;
  if (isProperName(next, '', language)) return false;
  // Letters may be spelling; other words with a comma between them may be emphasis.
  return bare.length >= 3 && !word.endsWith(',');
}
