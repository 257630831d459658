import t from 'tap';
import { isSpokenAlike, units } from '../../support/comparable-words.ts';
import { countOfflineErrors, distance, formerErrorRate, wordErrorRate } from '../../support/wer.ts';

t.test('the distance counts replaced, removed and added items', async (t) => {
  const items = (text: string): string[] => [...text];
  t.equal(distance(items('kitten'), items('sitting')), 3);
  t.equal(distance(items(''), items('abc')), 3);
  t.equal(distance(items('abc'), items('')), 3);
  t.equal(distance(items('abc'), items('abc')), 0);
});

t.test('errors are counted in words of the reference as Whisper normalises it', async (t) => {
  t.same(wordErrorRate('The colour is grey.', 'the color was gray'), { errors: 1, words: 4 });
  t.same(wordErrorRate('Um, twenty five dollars', '$25'), { errors: 0, words: 1 });
  t.same(wordErrorRate("It's done", 'It is done, done'), { errors: 1, words: 3 });
  t.same(wordErrorRate('', 'anything at all'), { errors: 3, words: 0 });
});

t.test('other languages are compared by their words, those without spaces by their characters', async (t) => {
  t.same(wordErrorRate('Guten Tag, Frau Müller', 'guten tag frau mueller', 'de'), { errors: 1, words: 4 });
  t.same(wordErrorRate('你好，世界', '你好世间', 'zh'), { errors: 1, words: 4 });
  t.same(wordErrorRate('안녕 세계', '안녕 세상', 'ko'), { errors: 1, words: 2 });
});

t.test('the former rule writes numbers in words, and counts Korean in characters', async (t) => {
  t.same(formerErrorRate('Um, twenty five dollars', '$25'), { errors: 0, words: 3 });
  t.same(formerErrorRate('안녕 세계', '안녕 세상', 'ko'), { errors: 1, words: 4 });
  t.same(countOfflineErrors('kinda ten', 'kinda twenty five', 'en'), { errors: 1, former: 2 });
});

t.test('texts that are said alike are equal, and fillers count where words are compared', async (t) => {
  t.ok(isSpokenAlike('I won’t pay $5 at 10:30 am.', 'I will not pay five dollars at ten thirty AM'));
  t.notOk(isSpokenAlike('Um, yes.', 'Yes.'));
  t.same(units('Um, the 21st of May 1984', 'en', false), 'the twenty first of may nineteen eighty four'.split(' '));
});
