import t from 'tap';
import {
  areHesitations,
  isHesitation,
  listFillers,
  removeUnspacedFillers,
} from '../../../../server/core/clean/fillers.ts';
import { cleanByRules } from '../../../../server/core/clean/rules.ts';
import { WHISPER_LANGUAGES } from '../../../../server/core/session/resolve-settings.ts';

t.test('a hesitation of one language may be a word of another', async (t) => {
  t.ok(isHesitation('Um,', 'en'));
  t.notOk(isHesitation('um', 'de'), 'a German preposition');
  t.notOk(isHesitation('um', 'pt'), 'a Portuguese article');
  t.notOk(isHesitation('er', 'de'), 'a German pronoun');
  t.ok(isHesitation('äh', 'de'));
  t.ok(isHesitation('euh…', 'fr'));
});

t.test('a cleaner is told what the rules remove, and no word that they remove is said to stay', async (t) => {
  for (const language of WHISPER_LANGUAGES) {
    const { hesitations, words } = listFillers(language);
    t.ok(hesitations.length > 0, language);
    for (const sound of hesitations) t.equal(cleanByRules(sound, language), '', `${language}: ${sound}`);
    for (const word of words) t.not(cleanByRules(word, language), '', `${language}: ${word}`);
  }
});

t.test('of a language without a list only what is a word nowhere is one', async (t) => {
  t.ok(isHesitation('hmm', 'xx'));
  t.notOk(isHesitation('er', 'xx'));
  t.ok(isHesitation('hmm', '__proto__'), 'a code that names no table either');
});

t.test('capitals make it an abbreviation', async (t) => {
  t.notOk(isHesitation('ER', 'en'));
  t.ok(isHesitation('Er', 'en'));
});

t.test('where words are not spaced, characters are hesitations when nothing else is left', async (t) => {
  t.ok(areHesitations('えーと', 'ja'));
  t.ok(areHesitations('呃额', 'zh'));
  t.notOk(areHesitations('呃好', 'zh'));
  t.notOk(areHesitations('um', 'en'));
});

t.test('they are taken from the start of phrases, with their comma, and from nowhere else', async (t) => {
  t.equal(removeUnspacedFillers('えーと、今日は、あのー晴れです。', 'ja'), '今日は、晴れです。');
  t.equal(removeUnspacedFillers('呃，呃，我们走吧', 'zh'), '我们走吧');
  t.equal(removeUnspacedFillers('他的额头', 'zh'), '他的额头');
  t.equal(removeUnspacedFillers('呃 ok', 'en'), '呃 ok');
});
