import t from 'tap';
import { beginsSentence, readFullStop } from '../../../transcript/abbreviations.ts';

t.test('a full stop is read by the language', async (t) => {
  for (const [word, language, want] of [
    ['Dr.', 'en', 'leading'],
    ['Dr.', 'auto', 'leading'],
    ['no.', 'en', 'beforeNumber'],
    ['no.', 'es', 'beforeNumber'],
    ['no.', 'de', 'end'],
    ['usw.', 'de', 'either'],
    ['usw.', 'en', 'end'],
    ['ecc.', 'it', 'either'],
    ['bijv.', 'nl', 'leading'],
    ['np.', 'pl', 'leading'],
    ['т.е.', 'ru', 'leading'],
    ['U.S.', 'en', 'either'],
    ['Ph.D.', 'en', 'either'],
    ['Ph.D.', 'de', 'either'],
    ['Chr.', 'de', 'either'],
    ['art.', 'es', 'beforeNumber'],
    ['21.', 'de', 'ordinal'],
    ['21.', 'cs', 'ordinal'],
    ['XIV.', 'de', 'ordinal'],
    ['21.', 'en', 'end'],
    ['1963.', 'de', 'end'],
    ['I.', 'en', 'end'],
    ['J.', 'en', 'leading'],
    ['é.', 'pt', 'either'],
    ['constructor.', 'constructor', 'end'],
  ] as const)
    t.equal(readFullStop(word, language), want, `${language}: ${word}`);
});

t.test('a capital begins a sentence, but a German noun does not', async (t) => {
  t.ok(beginsSentence('Then', 'en'));
  t.ok(beginsSentence('“Then', 'en'));
  t.notOk(beginsSentence('then', 'en'));
  t.notOk(beginsSentence('5', 'en'));
  t.notOk(beginsSentence('C.', 'es'), 'of "a. C."');
  t.notOk(beginsSentence('Mai', 'de'));
  t.ok(beginsSentence('Dann,', 'de'));
});
