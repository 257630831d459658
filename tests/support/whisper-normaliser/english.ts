import { readFileSync } from 'node:fs';
import { writeNumbersInDigits } from './numbers.ts';
import { removeBracketed, replaceSymbolsAndAccents } from './symbols.ts';

const SPELLINGS = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL('./spellings.json', import.meta.url), 'utf8')) as Record<string, string>,
  ),
);

const INFORMAL: Readonly<Record<string, string>> = {
  ...{ "won't": 'will not', "can't": 'can not', "let's": 'let us', "ain't": 'aint', "y'all": 'you all' },
  ...{ wanna: 'want to', gotta: 'got to', gonna: 'going to', "i'ma": 'i am going to', imma: 'i am going to' },
  ...{ woulda: 'would have', coulda: 'could have', shoulda: 'should have', "ma'am": 'madam' },
};
const TITLES: Readonly<Record<string, string>> = {
  ...{ mr: 'mister', mrs: 'missus', st: 'saint', dr: 'doctor', prof: 'professor', capt: 'captain', gov: 'governor' },
  ...{ ald: 'alderman', gen: 'general', sen: 'senator', rep: 'representative', pres: 'president', rev: 'reverend' },
  ...{ hon: 'honorable', asst: 'assistant', assoc: 'associate', lt: 'lieutenant', col: 'colonel', jr: 'junior' },
  ...{ sr: 'senior', esq: 'esquire' },
};
/** In order of precedence. "It's done" may be "it is done" or "it has done", so it is left to the general rule. */
const ENDINGS: Readonly<Record<string, string>> = {
  ...{ "'d been": ' had been', "'s been": ' has been', "'d gone": ' had gone', "'s gone": ' has gone' },
  ...{ "'d done": ' had done', "'s got": ' has got' },
  ...{ "n't": ' not', "'re": ' are', "'s": ' is', "'d": ' would', "'ll": ' will', "'t": ' not', "'ve": ' have' },
  "'m": ' am',
};
/** As `\b` in Python, which knows letters beyond ASCII. */
const START = '(?<![\\p{L}\\p{N}_])';
const END = '(?![\\p{L}\\p{N}_])';
const oneOf = (table: Readonly<Record<string, string>>): string => Object.keys(table).join('|');
const FILLERS = new RegExp(`${START}(?:hmm|mm|mhm|mmm|uh|um)${END}`, 'gu');
const WORDS = new RegExp(`${START}(?:(${oneOf(INFORMAL)})|(${oneOf(TITLES)}))${END}`, 'gu');
const CONTRACTED = new RegExp(`(?:${oneOf(ENDINGS)})${END}`, 'gu');

/**
 * English as Whisper's published scoring compares it: lower case, no punctuation, fillers or annotations; contractions
 * and titles in full, numbers in digits, American spelling. Words are separated by single spaces.
 */
export function normaliseEnglish(text: string): string {
  const spoken = removeBracketed(text.toLowerCase()).replace(FILLERS, '').replace(/\s+'/g, "'");
  const plain = spoken
    .replace(WORDS, (_, informal: string | undefined, title: string) =>
      informal === undefined ? `${TITLES[title]} ` : INFORMAL[informal]!,
    )
    .replace(CONTRACTED, (ending) => ENDINGS[ending]!)
    .replace(/(\d),(\d)/g, '$1$2')
    .replace(/\.([^0-9]|$)/g, ' $1');
  return writeNumbersInDigits(replaceSymbolsAndAccents(plain))
    .split(' ')
    .map((word) => SPELLINGS.get(word) ?? word)
    .join(' ')
    .replace(/[.$¢€£]([^0-9])/g, ' $1')
    .replace(/([^0-9])%/g, '$1 ')
    .replace(/\s+/g, ' ')
    .trim();
}
