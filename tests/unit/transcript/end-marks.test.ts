import t from 'tap';
import { endsSentence, findEndMark, readEnd } from '../../../transcript/index.ts';

t.test('a mark that may end a sentence is found in any script, with what closes behind it', async (t) => {
  for (const [text, mark] of [
    ['go.', '.'],
    ['go?"', '?"'],
    ['好。', '。'],
    ['بخير؟', '؟'],
    ['हैं।', '।'],
    ['go', undefined],
    ['go,', undefined],
    ['3.5', undefined],
  ] as const)
    t.equal(findEndMark(text), mark, text);
});

t.test('how it is to be read depends on the language', async (t) => {
  t.equal(readEnd('3.', 'de'), 'ordinal');
  t.equal(readEnd('3.', 'en'), 'end');
  t.equal(readEnd('(Dr.', 'de'), 'leading');
  t.equal(readEnd('so...', 'de'), 'end');
  t.equal(readEnd('so', 'de'), 'none');
});

t.test('what may be an abbreviation or an ordinal ends a sentence when the next word begins one', async (t) => {
  const ends = (text: string, next: string | undefined, language: string): boolean =>
    endsSentence({ text }, next === undefined ? undefined : { text: next }, language);
  t.ok(ends('3.', 'Dann', 'de'));
  t.notOk(ends('3.', 'Mai', 'de'));
  t.notOk(ends('3.', undefined, 'de'), 'not known yet');
  t.ok(ends('no.', undefined, 'es'));
  t.notOk(ends('no.', '5', 'es'));
  t.notOk(ends('a.', 'C.', 'es'));
});
