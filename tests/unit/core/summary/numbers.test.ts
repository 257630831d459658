import t from 'tap';
import { DIGITS, findNumbers, parseDigits, parseNumberWord } from '../../../../server/core/summary/numbers.ts';

const valuesIn = (text: string, language = 'en'): number[] =>
  findNumbers(text.split(' '), language).map(({ value }) => value);

t.test('digits are read with any sign of thousands, and either decimal sign', async (t) => {
  for (const [text, value] of [
    ['40,000', 40_000],
    ['40.000', 40_000],
    ['40 000', 40_000],
    ["1'234'567", 1_234_567],
    ['3,5', 3.5],
    ['3.5', 3.5],
    ['007', 7],
  ] as const)
    t.equal(parseDigits(text), value, text);
  t.same('in 1,234.5 or 12 345'.match(DIGITS), ['1,234', '5', '12 345']);
});

t.test('a number word has its value in its own language', async (t) => {
  t.equal(parseNumberWord('twelve', 'en'), 12);
  t.equal(parseNumberWord('zwolf', 'de'), 12);
  t.equal(parseNumberWord('zwolf', 'en'), undefined);
  t.equal(parseNumberWord('ventuno', 'it'), 21);
  t.equal(parseNumberWord('veintidos', 'es'), 22);
  t.equal(parseNumberWord('twelve', 'constructor'), undefined, 'a code that names no table');
});

t.test('German writes a number as one word', async (t) => {
  for (const [word, value] of [
    ['einundzwanzig', 21],
    ['hundert', undefined],
    ['zweihundert', 200],
    ['dreihundertfunf', 305],
    ['zweitausendvierundzwanzig', 2_024],
    ['hundertzwolf', 112],
    ['tausendsassa', undefined],
    ['hundund', undefined],
  ] as const)
    t.equal(parseNumberWord(word, 'de'), value, word);
});

t.test('words of one number are put together, and their places are known', async (t) => {
  t.same(findNumbers('we need two hundred and five chairs'.split(' '), 'en'), [{ value: 205, from: 2, to: 6 }]);
  t.same(valuesIn('three million four hundred thousand and twenty one'), [3_400_021]);
  t.same(valuesIn('a thousand'), [1_000]);
  t.same(valuesIn('quatre vingt douze', 'fr'), [92]);
  t.same(valuesIn('soixante douze', 'fr'), [72]);
  t.same(valuesIn('treinta y cinco', 'es'), [35]);
});

t.test('numbers that only follow each other stay apart', async (t) => {
  t.same(valuesIn('five six'), [5, 6]);
  t.same(valuesIn('three or four'), [3, 4]);
  t.same(valuesIn('two and three'), [2, 3]);
});

t.test('a lone "one" is a pronoun, and per cent no hundred', async (t) => {
  t.same(valuesIn('this one is good'), []);
  t.same(valuesIn('twenty one'), [21]);
  t.same(valuesIn('ten per cent'), [10]);
  t.same(valuesIn('dix pour cent', 'fr'), [10]);
});
