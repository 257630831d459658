import { getOwnEntry } from '../../../protocol/index.ts';

/**
 * Values of number words by language, without accents; `one` and its equivalents are more often articles and pronouns.
 */
const numberWords = (words: string, from = 2, step = 1): [string, number][] =>
  words.split(' ').map((word, i) => [word, from + i * step]);

const NUMBER_WORDS: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  en: new Map([
    ...numberWords(
      'two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
    ),
    ...numberWords('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10),
    ...numberWords(
      'second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth',
    ),
    ...([
      ['zero', 0],
      ['one', 1],
      ['twice', 2],
      ['dozen', 12],
      ['twentieth', 20],
      ['thirtieth', 30],
    ] as const),
  ]),
  de: new Map([
    ...numberWords(
      'zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn',
    ),
    ...numberWords('zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig', 20, 10),
    ...([
      ['null', 0],
      ['ein', 1],
      ['eins', 1],
      ['dreißig', 30],
      ['zweimal', 2],
    ] as const),
  ]),
  fr: new Map([
    ...numberWords('deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize'),
    ...numberWords('vingt trente quarante cinquante soixante septante octante nonante', 20, 10),
    ...([
      ['zero', 0],
      ['vingts', 20],
    ] as const),
  ]),
  es: new Map([
    ...numberWords(
      'dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve',
    ),
    ...numberWords('veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa', 20, 10),
    ...numberWords(
      'veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve',
      21,
    ),
    ...numberWords(
      'doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos',
      200,
      100,
    ),
    ...([
      ['cero', 0],
      ['cien', 100],
    ] as const),
  ]),
  it: new Map([
    ...numberWords(
      'due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
    ),
    ...numberWords('venti trenta quaranta cinquanta sessanta settanta ottanta novanta', 20, 10),
    ...'venti trenta quaranta cinquanta sessanta settanta ottanta novanta'
      .split(' ')
      .flatMap((ten, i) =>
        'uno due tre quattro cinque sei sette otto nove'
          .split(' ')
          .map((unit, j): [string, number] => [
            (/^[uo]/.test(unit) ? ten.slice(0, -1) : ten) + unit,
            20 + i * 10 + j + 1,
          ]),
      ),
    ...([['zero', 0]] as const),
  ]),
  pt: new Map([
    ...numberWords(
      'dois tres quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezasseis dezassete dezoito dezanove',
    ),
    ...numberWords('vinte trinta quarenta cinquenta sessenta setenta oitenta noventa', 20, 10),
    ...numberWords('duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos', 200, 100),
    ...([
      ['zero', 0],
      ['duas', 2],
      ['dezesseis', 16],
      ['dezessete', 17],
      ['dezenove', 19],
      ['cem', 100],
    ] as const),
  ]),
};

const SCALES = new Map<string, number>([
  ...['hundred', 'hundert', 'cent', 'cents', 'ciento', 'cento'].map((word): [string, number] => [word, 100]),
  ...['thousand', 'tausend', 'mille', 'mil', 'mila', 'k'].map((word): [string, number] => [word, 1_000]),
  ...['million', 'millions', 'millionen', 'millon', 'millones', 'milione', 'milioni', 'milhao', 'milhoes'].map(
    (word): [string, number] => [word, 1_000_000],
  ),
]);
const JOINERS = new Set(['and', 'und', 'et', 'y', 'e']);
/** "Per cent" is not a hundred. */
const NOT_BEFORE_SCALE = new Set(['per', 'pour', 'por']);

/** Digits with thousands or decimal separators. */
export const DIGITS = /\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?/g;

/** `40,000`, `40.000` and `40 000` are the same number; `3,5` is `3.5`. */
export function parseDigits(text: string): number {
  if (/^\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+$/.test(text)) return Number(text.replace(/\D/g, ''));
  return Number(text.replace(',', '.'));
}

/** The value of one word; undefined when it is not a number. */
export function parseNumberWord(word: string, language: string): number | undefined {
  const words = getOwnEntry(NUMBER_WORDS, language);
  const value = words?.get(word);
  if (value !== undefined || language !== 'de' || words === undefined) return value;
  // German writes a number as one word.
  for (const [scale, size] of [
    ['tausend', 1_000],
    ['hundert', 100],
  ] as const) {
    const position = word.indexOf(scale);
    if (position < 0 || word === scale) continue;
    const before = position === 0 ? 1 : parseNumberWord(word.slice(0, position), language);
    const rest = word.slice(position + scale.length);
    const after = rest === '' ? 0 : parseNumberWord(rest, language);
    return before === undefined || after === undefined ? undefined : before * size + after;
  }
  const [, unit = '', ten = ''] = /^(.+)und(.+)$/.exec(word) ?? [];
  const [units, tens] = [words.get(unit), words.get(ten)];
  return units !== undefined && units < 10 && tens !== undefined && tens >= 20 ? units + tens : undefined;
}

export interface FoundNumber {
  readonly value: number;
  /** The range of its words, `to` excluded. */
  readonly from: number;
  readonly to: number;
}

/** Finds the numbers among folded words, spoken ones and digits alike; a lone `one` is not counted. */
export function findNumbers(words: readonly string[], language: string): FoundNumber[] {
  const numbers: FoundNumber[] = [];
  let current: { total: number; current: number; last: number; from: number; to: number } | undefined;
  const finishNumber = (): void => {
    if (current !== undefined && !(current.total + current.current === 1 && current.to === current.from + 1))
      numbers.push({ value: current.total + current.current, from: current.from, to: current.to });
    current = undefined;
  };
  for (const [i, word] of words.entries()) {
    const scale = NOT_BEFORE_SCALE.has(words[i - 1] ?? '') ? undefined : SCALES.get(word);
    const value = /^\d/.test(word) ? parseDigits(word) : parseNumberWord(word, language);
    if (scale !== undefined) {
      current ??= { total: 0, current: 1, last: 0, from: i, to: i };
      if (scale === 100) current.current = (current.current || 1) * 100;
      else {
        current.total += (current.current || 1) * scale;
        current.current = 0;
      }
      current = { ...current, last: scale, to: i + 1 };
    } else if (value !== undefined) {
      if (current !== undefined && language === 'fr' && current.current === 4 && value === 20)
        current = { ...current, current: 80, last: 80, to: i + 1 };
      else if (current !== undefined && isContinuation(current.last, value, language))
        current = { ...current, current: current.current + value, last: value, to: i + 1 };
      else {
        finishNumber();
        current = { total: 0, current: value, last: value, from: i, to: i + 1 };
      }
    } else if (!(current !== undefined && JOINERS.has(word) && current.last >= 20)) finishNumber();
  }
  finishNumber();
  return numbers;
}

function isContinuation(last: number, value: number, language: string): boolean {
  if (last >= 100) return value < last;
  if (language === 'fr' && (last === 60 || last === 80)) return value < 20;
  return last >= 20 && last % 10 === 0 && value > 0 && value < 10;
}
