/** What a word can do to a number. */
export type NumberWord =
  | { readonly kind: 'zero' }
  /** `suffix` is what follows the digits: "th" of an ordinal, "s" of a plural, mostly nothing. */
  | { readonly kind: 'unit' | 'ten' | 'scale'; readonly value: bigint; readonly suffix: string }
  | { readonly kind: 'sign' | 'currency'; readonly sign: string }
  | { readonly kind: 'repeat'; readonly times: number }
  | { readonly kind: 'per' | 'percent' | 'and' | 'point' };

const UNITS = [
  ...['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen'],
  ...['fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
/** Powers of ten. "Nonillion" and "decillion" are the published table's. */
const SCALES: Readonly<Record<string, number>> = {
  ...{ hundred: 2, thousand: 3, million: 6, billion: 9, trillion: 12, quadrillion: 15, quintillion: 18 },
  ...{ sextillion: 21, septillion: 24, octillion: 27, nonillion: 30, decillion: 33 },
};
const IRREGULAR_ORDINALS: Readonly<Record<string, readonly [ordinal: string, suffix: string]>> = {
  ...{ one: ['first', 'st'], two: ['second', 'nd'], three: ['third', 'rd'], five: ['fifth', 'th'] },
  twelve: ['twelfth', 'th'],
};
const CURRENCIES: Readonly<Record<string, string>> = { pound: '£', euro: '€', dollar: '$', cent: '¢' };

/** "Nineth" instead of "ninth" is the published table's: "ninth" stays a word. */
const ordinalOf = (name: string): readonly [ordinal: string, suffix: string] =>
  IRREGULAR_ORDINALS[name] ?? [name.endsWith('t') ? `${name}h` : `${name}th`, 'th'];

function* entries(): Generator<readonly [word: string, meaning: NumberWord]> {
  for (const word of ['o', 'oh', 'zero']) yield [word, { kind: 'zero' }];
  yield ['zeroth', { kind: 'unit', value: 0n, suffix: 'th' }];
  for (const [i, name] of UNITS.entries()) {
    const value = BigInt(i + 1);
    const [ordinal, suffix] = ordinalOf(name);
    yield [name, { kind: 'unit', value, suffix: '' }];
    yield [name === 'six' ? 'sixes' : `${name}s`, { kind: 'unit', value, suffix: 's' }];
    yield [ordinal, { kind: 'unit', value, suffix }];
  }
  for (const [i, name] of TENS.entries()) {
    const value = BigInt(10 * (i + 2));
    yield [name, { kind: 'ten', value, suffix: '' }];
    yield [name.replace('y', 'ies'), { kind: 'ten', value, suffix: 's' }];
    yield [name.replace('y', 'ieth'), { kind: 'ten', value, suffix: 'th' }];
  }
  for (const [name, power] of Object.entries(SCALES))
    for (const suffix of ['', 's', 'th']) yield [name + suffix, { kind: 'scale', value: 10n ** BigInt(power), suffix }];
  for (const word of ['minus', 'negative']) yield [word, { kind: 'sign', sign: '-' }];
  for (const word of ['plus', 'positive']) yield [word, { kind: 'sign', sign: '+' }];
  for (const [name, sign] of Object.entries(CURRENCIES))
    for (const word of [name, `${name}s`]) yield [word, { kind: 'currency', sign }];
  for (const kind of ['per', 'percent', 'and', 'point'] as const) yield [kind, { kind }];
  yield ['double', { kind: 'repeat', times: 2 }];
  yield ['triple', { kind: 'repeat', times: 3 }];
}

export const NUMBER_WORDS: ReadonlyMap<string, NumberWord> = new Map(entries());

/** Whether the word is a plain number below ten or a round one below a hundred, and so can follow a decimal point. */
export function canBeDecimal(meaning: NumberWord | undefined): boolean {
  if (meaning?.kind === 'zero') return true;
  return (meaning?.kind === 'unit' || meaning?.kind === 'ten') && meaning.suffix === '';
}
