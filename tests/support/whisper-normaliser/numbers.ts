import { canBeDecimal, NUMBER_WORDS, type NumberWord } from './number-words.ts';

const PLAIN = /^\d+(\.\d+)?$/;
const PREFIXES = new Set(['-', '+', '£', '€', '$', '¢']);

/** Writes spoken numbers in digits: "two hundred and five dollars" → "$205", "nineteen eighty" → "1980". */
export function writeNumbersInDigits(text: string): string {
  const words = separateDigits(writeHalves(text)).split(/\s+/).filter(Boolean);
  return writeCurrencies(new NumberWriter(words).write().join(' '));
}

/** "two and a half" → "two point five". */
function writeHalves(text: string): string {
  const parts = text.split(/(?<![\p{L}\p{N}_])and\s+a\s+half(?![\p{L}\p{N}_])/u);
  const last = parts.pop()!;
  const rewritten = parts
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const meaning = NUMBER_WORDS.get(part.trim().split(/\s+/).at(-1)!);
      const isNumber = canBeDecimal(meaning) || (meaning?.kind === 'scale' && meaning.suffix === '');
      return `${part} ${isNumber ? 'point five' : 'and a half'}`;
    });
  return [...rewritten, last].join(' ');
}

/** "5km" → "5 km"; "5th" and "1960s" stay whole. */
const separateDigits = (text: string): string =>
  text
    .replace(/([a-z])([0-9])/g, '$1 $2')
    .replace(/([0-9])([a-z])/g, '$1 $2')
    .replace(/([0-9])\s+(st|nd|rd|th|s)(?![\p{L}\p{N}_])/gu, '$1$2');

/** "$2 and ¢7" → "$2.07"; "$0.07" → "¢7"; a lone 1 is "one" again, also, as published, in "1.5". */
const writeCurrencies = (text: string): string =>
  text
    .replace(
      /([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})(?![\p{L}\p{N}_])/gu,
      (_, currency: string, whole: string, cents: string) => `${currency}${whole}.${cents.padStart(2, '0')}`,
    )
    .replace(/[€£$]0.([0-9]{1,2})(?![\p{L}\p{N}_])/gu, (_, cents: string) => `¢${Number(cents)}`)
    .replace(/(?<![\p{L}\p{N}_])1(s?)(?![\p{L}\p{N}_])/gu, 'one$1');

/** Reads words from left to right; `#open` is the number that the next word may still change. */
class NumberWriter {
  readonly #words: readonly string[];
  readonly #written: string[] = [];
  /** A bigint while it counts ("two hundred"), a string while digits are strung together ("one oh one", "3.14"). */
  #open: bigint | string | undefined;
  /** Sign or currency that is written before whatever is written next. */
  #prefix = '';

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  write(): string[] {
    for (let at = 0; at < this.#words.length; at++) at += this.#read(at);
    this.#close();
    return this.#written;
  }

  /** Reads the word at a place; returns how many words behind it were read along. */
  #read(at: number): number {
    const word = this.#words[at]!;
    if (PLAIN.test(PREFIXES.has(word[0]!) ? word.slice(1) : word)) this.#readDigits(word);
    else {
      const meaning = NUMBER_WORDS.get(word);
      if (meaning === undefined) this.#closeAndWrite(word);
      else return this.#readNumberWord(meaning, at);
    }
    return 0;
  }

  #readNumberWord(meaning: NumberWord, at: number): number {
    const word = this.#words[at]!;
    switch (meaning.kind) {
      case 'zero':
        this.#open = `${this.#digits()}0`;
        break;
      case 'unit':
        this.#openOrWrite(this.#withUnit(meaning.value, this.#meaning(at - 1)), meaning.suffix);
        break;
      case 'ten':
        this.#openOrWrite(this.#withTen(meaning.value), meaning.suffix);
        break;
      case 'scale':
        this.#readScale(meaning.value, meaning.suffix);
        break;
      case 'sign':
        this.#close();
        if (this.#isNumeric(at + 1)) this.#prefix = meaning.sign;
        else this.#write(word);
        break;
      case 'currency':
        if (this.#open !== undefined) this.#prefix = meaning.sign;
        this.#write(this.#open === undefined ? word : String(this.#open));
        break;
      case 'percent':
        this.#write(this.#open === undefined ? word : `${this.#open}%`);
        break;
      case 'per':
        return this.#readPer(at);
      default:
        return this.#readJoiner(meaning, at);
    }
    return 0;
  }

  #readDigits(word: string): void {
    if (typeof this.#open === 'string' && this.#open.endsWith('.')) {
      this.#open += word;
      return;
    }
    this.#close();
    const hasPrefix = PREFIXES.has(word[0]!);
    const digits = hasPrefix ? word.slice(1) : word;
    if (hasPrefix) this.#prefix = word[0]!;
    const [whole = '', fraction = ''] = digits.split('.');
    this.#open = /^0*$/.test(fraction) ? BigInt(whole) : digits;
  }

  #readScale(scale: bigint, suffix: string): void {
    const open = this.#open;
    if (open === undefined) this.#openOrWrite(scale, suffix);
    else if (typeof open === 'bigint') this.#openOrWrite(open - (open % 1_000n) + (open % 1_000n) * scale, suffix);
    else {
      const product = multiply(open, scale);
      if (product === undefined) this.#close();
      this.#openOrWrite(product ?? scale, suffix);
    }
  }

  #readPer(at: number): number {
    const isPercent = this.#open !== undefined && this.#words[at + 1] === 'cent';
    if (isPercent) this.#write(`${this.#open}%`);
    else this.#closeAndWrite('per');
    return isPercent ? 1 : 0;
  }

  /** Words that count only between numbers: "a hundred and one", "double oh seven", "three point two". */
  #readJoiner(meaning: NumberWord, at: number): number {
    const next = this.#meaning(at + 1);
    if (!this.#isNumeric(at + 1)) this.#closeAndWrite(this.#words[at]!);
    else if (meaning.kind === 'and') {
      const before = this.#meaning(at - 1);
      if (!(before?.kind === 'scale' && before.suffix === '')) this.#closeAndWrite('and');
    } else if (meaning.kind === 'point') {
      // Before any other word of a number, as published, "point" is dropped.
      if (canBeDecimal(next) || this.#isPlain(at + 1)) this.#open = `${this.#digits()}.`;
    } else if (meaning.kind === 'repeat') {
      if (next?.kind !== 'zero' && !(next?.kind === 'unit' && next.suffix === '')) {
        this.#closeAndWrite(this.#words[at]!);
        return 0;
      }
      this.#open = this.#digits() + (next.kind === 'zero' ? '0' : String(next.value)).repeat(meaning.times);
      return 1;
    }
    return 0;
  }

  #withUnit(unit: bigint, before: NumberWord | undefined): bigint | string {
    const open = this.#open;
    if (open === undefined) return unit;
    const isAfterUnit = before?.kind === 'unit' && before.suffix === '';
    if (typeof open === 'string' && before?.kind === 'ten' && before.suffix === '' && unit < 10n)
      return open.slice(0, -1) + unit;
    if (typeof open === 'string' || isAfterUnit) return `${open}${unit}`;
    return open % (unit < 10n ? 10n : 100n) === 0n ? open + unit : `${open}${unit}`;
  }

  #withTen(ten: bigint): bigint | string {
    const open = this.#open;
    if (open === undefined) return ten;
    return typeof open === 'bigint' && open % 100n === 0n ? open + ten : `${open}${ten}`;
  }

  /** A number with a suffix is complete. */
  #openOrWrite(value: bigint | string, suffix: string): void {
    if (suffix === '') this.#open = value;
    else this.#write(`${value}${suffix}`);
  }

  /** The open number's digits; none of zero, which a string of digits replaces. */
  #digits(): string {
    return this.#open === undefined || this.#open === 0n ? '' : String(this.#open);
  }

  #closeAndWrite(word: string): void {
    this.#close();
    this.#write(word);
  }

  #close(): void {
    if (this.#open !== undefined) this.#write(String(this.#open));
  }

  #write(word: string): void {
    this.#written.push(this.#prefix + word);
    this.#open = undefined;
    this.#prefix = '';
  }

  #meaning(at: number): NumberWord | undefined {
    return NUMBER_WORDS.get(this.#words[at] ?? '');
  }

  #isPlain(at: number): boolean {
    return PLAIN.test(this.#words[at] ?? '');
  }

  #isNumeric(at: number): boolean {
    return this.#meaning(at) !== undefined || this.#isPlain(at);
  }
}

/** Digits with a decimal point times a power of ten; undefined where that is no whole number. */
function multiply(digits: string, scale: bigint): bigint | undefined {
  const [, whole = '', fraction = ''] = /^(\d*)\.?(\d*)$/.exec(digits) ?? [];
  if (whole + fraction === '') return undefined;
  const product = BigInt(whole + fraction) * scale;
  const divisor = 10n ** BigInt(fraction.length);
  return product % divisor === 0n ? product / divisor : undefined;
}
