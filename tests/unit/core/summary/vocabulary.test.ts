import t from 'tap';
import { STOP_WORDS } from '../../../../server/core/summary/stop-words.ts';
import { selectVocabulary, VOCABULARIES } from '../../../../server/core/summary/vocabulary.ts';
import { foldText } from '../../../../server/core/transcript/search-text.ts';

const languageOf = (text: string): string => selectVocabulary(text.split(' ')).language;

t.test('the language is the one most of whose function words are there', async (t) => {
  t.equal(languageOf('we will ship it on monday'), 'en');
  t.equal(languageOf('wir haben das nicht so gemacht'), 'de');
  t.equal(languageOf('nous avons dit que les gens sont la'), 'fr');
  t.equal(languageOf('hemos dicho que los precios suben por eso'), 'es');
  t.equal(languageOf('che cosa abbiamo detto della riunione'), 'it');
});

t.test('where there are none it is English', async (t) => {
  t.equal(languageOf('xylophone zebra'), 'en');
  t.equal(selectVocabulary([]).vocabulary, VOCABULARIES['en']);
});

t.test('words are written as they are compared, and each list holds some', async (t) => {
  for (const [language, vocabulary] of Object.entries(VOCABULARIES)) {
    const { opposites, ...sets } = vocabulary;
    for (const [name, words] of Object.entries(sets)) {
      t.ok(words.size > 0, `${language} ${name}`);
      t.same(
        [...words].filter((word) => word === '' || word !== foldText(word)),
        [],
        `${language} ${name}`,
      );
    }
    for (const pair of opposites)
      for (const words of pair)
        t.same(
          [...words].filter((word) => word === '' || word !== foldText(word)),
          [],
          language,
        );
  }
});

t.test('function words of the lists are part of a vocabulary', async (t) => {
  for (const [language, { stop }] of Object.entries(VOCABULARIES))
    t.ok(
      [...(STOP_WORDS[language] ?? [])].every((word) => stop.has(word)),
      language,
    );
});

t.test('no word is its own opposite', async (t) => {
  for (const [language, { opposites }] of Object.entries(VOCABULARIES))
    for (const [one, other] of opposites)
      t.same(
        [...one].filter((word) => other.has(word)),
        [],
        language,
      );
});
