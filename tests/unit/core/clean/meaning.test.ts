import t from 'tap';
import { splitIntoChunks } from '../../../../server/core/clean/chunks.ts';
import {
  classifyProtectedWord,
  hasEndMark,
  isNegation,
  isNumber,
  isProperName,
  isSentenceEnd,
  isSmallWord,
} from '../../../../server/core/clean/meaning.ts';

t.test('numbers are digits of any script, and the number words of the language alone', async (t) => {
  t.ok(isNumber('12.5', 'en'));
  t.ok(isNumber('٣', 'ar'));
  t.ok(isNumber('twenty', 'en'));
  t.ok(isNumber('twenty-five', 'en'));
  t.ok(isNumber('zwölf', 'de'));
  t.notOk(isNumber('zwölf', 'en'));
  t.notOk(isNumber('twenty', 'xx'));
  t.notOk(isNumber('tend', 'en'));
});

t.test('negations of many languages are known, and words that only hold one are none', async (t) => {
  for (const word of ['not', "don't", 'dont', 'never', 'nicht', 'pas', 'não', 'не']) t.ok(isNegation(word), word);
  for (const word of ['note', 'nothings', 'nichte', 'knot']) t.notOk(isNegation(word), word);
});

t.test('small words are those a speaker begins with without having said anything', async (t) => {
  for (const word of ['i', "it's", 'the', 'with']) t.ok(isSmallWord(word), word);
  for (const word of ['house', 'not', 'three']) t.notOk(isSmallWord(word), word);
});

t.test('a sentence ends with a mark, also inside closing quotes', async (t) => {
  for (const text of ['go.', 'really?', 'stop!"', '好。', 'so…', 'ہے۔']) t.ok(hasEndMark(text), text);
  for (const text of ['go', 'go,', '3.5', 'a.m', '"']) t.notOk(hasEndMark(text), text);
});

t.test('the full stop of an abbreviation or an ordinal ends no sentence', async (t) => {
  for (const [word, next, language] of [
    ['Dr.', 'Smith', 'en'],
    ['ex.', 'une', 'fr'],
    ['3.', 'Mai', 'de'],
  ] as const) {
    t.notOk(isSentenceEnd(word, next, language), `${word} ${next}`);
    t.ok(isSentenceEnd(word, undefined, language), 'with nothing behind it, its mark is all that is known');
  }
  t.ok(isSentenceEnd('3.', 'Dann', 'de'));
  t.ok(isSentenceEnd('3.', 'Mai', 'en'));
  t.ok(isProperName('Smith', 'Dr.', 'en'));
});

t.test('a capital names something where no sentence begins, except in "I"', async (t) => {
  t.ok(isProperName('London', 'in', 'en'));
  t.ok(isProperName('"Ada', 'met', 'en'));
  t.notOk(isProperName('London', undefined, 'en'));
  t.notOk(isProperName('London', 'end.', 'en'));
  t.notOk(isProperName('I', 'and', 'en'));
  t.notOk(isProperName('I’m', 'and', 'en'));
});

t.test('what must not get lost has a kind, by its gravest', async (t) => {
  const kinds = (text: string): (string | undefined)[] => {
    const chunks = splitIntoChunks(text, 'en');
    return chunks.map((chunk, i) => classifyProtectedWord(chunk, chunks[i - 1], 'en'));
  };
  t.same(kinds('We paid Ada never twenty'), [undefined, undefined, 'name', 'negation', 'number']);
});
