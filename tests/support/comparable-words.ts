const UNSPACED = new Set(['zh', 'ja', 'ko', 'th']);
const FILLERS = new Set(['um', 'uh', 'er', 'erm', 'hmm', 'hm', 'mm', 'mhm', 'uhm', 'ah', 'eh']);

/**
 * A text in words, or in characters where words are not spaced, of which two that are said alike are equal: without case and
 * punctuation, with English numbers, titles, contractions and spellings written out. Fillers are left out unless asked for.
 *
 * Word errors were counted by these words up to version 0.1; `wer.ts` has the rule that the field shares.
 */
export function units(text: string, language: string, fillers: boolean): string[] {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’‘`´]/g, "'");
  if (UNSPACED.has(language)) return [...plain.replace(/[\p{P}\p{S}\s]/gu, '')];
  const words =
    language === 'en'
      ? english(plain)
      : plain
          .replace(/[^\p{L}\p{N}\s]/gu, ' ')
          .split(/\s+/)
          .filter(Boolean);
  return fillers ? words : words.filter((word) => !(language === 'en' && FILLERS.has(word)));
}

/** Whether two English texts are said alike, fillers included. */
export const isSpokenAlike = (one: string, other: string): boolean =>
  units(one, 'en', true).join(' ') === units(other, 'en', true).join(' ');

const ALIKE: Readonly<Record<string, string>> = {
  mr: 'mister',
  mrs: 'missus',
  ms: 'miss',
  dr: 'doctor',
  st: 'saint',
  ok: 'okay',
  "'em": 'them',
  cannot: 'can not',
  colour: 'color',
  favourite: 'favorite',
  honour: 'honor',
  grey: 'gray',
  realise: 'realize',
  centre: 'center',
  theatre: 'theater',
  gonna: 'going to',
  wanna: 'want to',
  gotta: 'got to',
  percent: '%',
  per: 'per',
};
const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\bwon't\b/g, 'will not'],
  [/\bcan't\b/g, 'can not'],
  [/n't\b/g, ' not'],
  [/'re\b/g, ' are'],
  [/'ve\b/g, ' have'],
  [/'ll\b/g, ' will'],
  [/'m\b/g, ' am'],
  [/\blet's\b/g, 'let us'],
  [/\b(it|that|there|he|she|what|who|where|here|how)'s\b/g, '$1 is'],
  [/'d\b/g, ' would'],
  [/s'(?=\s|$)/g, 's'],
];

function english(text: string): string[] {
  let plain = text
    .replace(/(\d),(\d{3})/g, '$1$2')
    .replace(/\$\s*(\d+(?:\.\d+)?)\s*(million|billion|thousand)?/g, '$1 $2 dollars ')
    .replace(/(\d)\s*%/g, '$1 percent')
    .replace(/\b(\d{1,2}):(\d{2})\b/g, (_, hour: string, minute: string) =>
      minute === '00' ? hour : `${hour} ${minute}`,
    )
    .replace(/(\d)(am|pm)\b/g, '$1 $2')
    .replace(/\b([ap])\.m\.?/g, '$1m')
    .replace(/(\d+)(st|nd|rd|th)\b/g, (_, digits: string) => ordinal(Number(digits)));
  for (const [pattern, full] of CONTRACTIONS) plain = plain.replace(pattern, full);
  return plain
    .replace(/[^\p{L}\p{N}'%.\s]/gu, ' ')
    .split(/\s+/)
    .map((word) => word.replace(/^[.']+|[.']+$/g, ''))
    .flatMap((word) => (/^\d+(\.\d+)?$/.test(word) ? spell(word) : (ALIKE[word] ?? word).split(' ')))
    .flatMap((word) => word.replace(/\./g, '').replace(/'s$/, 's').replace(/'/g, '').split(' '))
    .filter((word) => word !== '' && word !== 'and');
}

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ' ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

/** Digits as words; "and" is left out on both sides, so "a hundred and five" and "105" meet. */
function spell(digits: string): string[] {
  const [whole, fraction] = digits.split('.') as [string, string | undefined];
  const value = Number(whole);
  const year = whole.length === 4 && value >= 1100 && value < 2000;
  const words = year ? yearWords(value) : cardinal(value);
  return fraction === undefined ? words : [...words, 'point', ...[...fraction].map((digit) => ONES[Number(digit)]!)];
}

function yearWords(value: number): string[] {
  const rest = value % 100;
  return [
    ...cardinal(Math.floor(value / 100)),
    ...(rest === 0 ? ['hundred'] : rest < 10 ? ['oh', ONES[rest]!] : cardinal(rest)),
  ];
}

function cardinal(value: number): string[] {
  if (value < 20) return [ONES[value] ?? String(value)];
  if (value < 100) return [TENS[Math.floor(value / 10)]!, ...(value % 10 === 0 ? [] : [ONES[value % 10]!])];
  for (const [size, name] of [
    [1e9, 'billion'],
    [1e6, 'million'],
    [1e3, 'thousand'],
    [100, 'hundred'],
  ] as const) {
    if (value >= size)
      return [...cardinal(Math.floor(value / size)), name, ...(value % size === 0 ? [] : cardinal(value % size))];
  }
  return [String(value)];
}

function ordinal(value: number): string {
  const words = cardinal(value);
  const last = words.at(-1)!;
  words[words.length - 1] = ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return words.join(' ');
}
