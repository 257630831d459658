import { getOwnEntry } from '../../../protocol/index.ts';

/** Values of number words by language, without accents; `one` and its like are articles and pronouns more often. */
const list = (words: string, from = 2, step = 1): [string, number][] =>
  words.split(' ').map((word, i) => [word, from + i * step]);

const WORDS: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  en: new Map([
    ...list(
      'two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
    ),
    ...list('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10),
    ...list(
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
    ...list(
      'zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn',
    ),
    ...list('zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig', 20, 10),
    ...([
      ['null', 0],
      ['ein', 1],
      ['eins', 1],
      ['dreißig', 30],
      ['zweimal', 2],
    ] as const),
  ]),
  fr: new Map([
    ...list('deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize'),
    ...list('vingt trente quarante cinquante soixante septante octante nonante', 20, 10),
    ...([
      ['zero', 0],
      ['vingts', 20],
    ] as const),
  ]),
  es: new Map([
    ...list(
      'dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve',
    ),
    ...list('veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa', 20, 10),
    ...list(
      'veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve',
      21,
    ),
    ...list(
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
    ...list(
      'due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
    ),
    ...list('venti trenta quaranta cinquanta sessanta settanta ottanta novanta', 20, 10),
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
    ...list(
      'dois tres quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezasseis dezassete dezoito dezanove',
    ),
    ...list('vinte trinta quarenta cinquenta sessenta setenta oitenta noventa', 20, 10),
    ...list('duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos', 200, 100),
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
/** Per cent is no hundred. */
const PER = new Set(['per', 'pour', 'por']);

/** Digits with separators of thousands or decimals, with the sign of thousands that stands right behind. */
export const DIGITS = /\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?/g;

/** `40,000`, `40.000` and `40 000` are one number; `3,5` is `3.5`. */
export function parseDigits(text: string): number {
  if (/^\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+$/.test(text)) return Number(text.replace(/\D/g, ''));
  return Number(text.replace(',', '.'));
}

/** The value of one word; undefined when it is no number. */
export function parseNumberWord(word: string, language: string): number | undefined {
  const words = getOwnEntry(WORDS, language);
  const value = words?.get(word);
  if (value !== undefined || language !== 'de' || words === undefined) return value;
  // German writes a number as one word.
  for (const [scale, size] of [
    ['tausend', 1_000],
    ['hundert', 100],
  ] as const) {
    const at = word.indexOf(scale);
    if (at < 0 || word === scale) continue;
    const before = at === 0 ? 1 : parseNumberWord(word.slice(0, at), language);
    const rest = word.slice(at + scale.length);
    const after = rest === '' ? 0 : parseNumberWord(rest, language);
    return before === undefined || after === undefined ? undefined : before * size + after;
  }
  const [, unit = '', ten = ''] = /^(.+)und(.+)$/.exec(word) ?? [];
  const [units, tens] = [words.get(unit), words.get(ten)];
  return units !== undefined && units < 10 && tens !== undefined && tens >= 20 ? units + tens : undefined;
}

export interface FoundNumber {
  readonly value: number;
  /** Its words: from, and behind them. */
  readonly from: number;
  readonly to: number;
}

/** The numbers among folded words, spoken ones and digits alike; a lone `one` is none. */
export function findNumbers(words: readonly string[], language: string): FoundNumber[] {
  const numbers: FoundNumber[] = [];
  let open: { total: number; current: number; last: number; from: number; to: number } | undefined;
  const close = (): void => {
    if (open !== undefined && !(open.total + open.current === 1 && open.to === open.from + 1))
      numbers.push({ value: open.total + open.current, from: open.from, to: open.to });
    open = undefined;
  };
  for (const [i, word] of words.entries()) {
    const scale = PER.has(words[i - 1] ?? '') ? undefined : SCALES.get(word);
    const value = /^\d/.test(word) ? parseDigits(word) : parseNumberWord(word, language);
    if (scale !== undefined) {
      open ??= { total: 0, current: 1, last: 0, from: i, to: i };
      if (scale === 100) open.current = (open.current || 1) * 100;
      else {
        open.total += (open.current || 1) * scale;
        open.current = 0;
      }
      open = { ...open, last: scale, to: i + 1 };
    } else if (value !== undefined) {
      if (open !== undefined && language === 'fr' && open.current === 4 && value === 20)
        open = { ...open, current: 80, last: 80, to: i + 1 };
      else if (open !== undefined && isAdded(open.last, value, language))
        open = { ...open, current: open.current + value, last: value, to: i + 1 };
      else {
        close();
        open = { total: 0, current: value, last: value, from: i, to: i + 1 };
      }
    } else if (!(open !== undefined && JOINERS.has(word) && open.last >= 20)) close();
  }
  close();
  return numbers;
}

function isAdded(last: number, value: number, language: string): boolean {
  if (last >= 100) return value < last;
  if (language === 'fr' && (last === 60 || last === 80)) return value < 20;
  return last >= 20 && last % 10 === 0 && value > 0 && value < 10;
}
