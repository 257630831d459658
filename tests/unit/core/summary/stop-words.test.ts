import t from 'tap';
import { STOP_WORDS } from '../../../../server/core/summary/stop-words.ts';
import { VOCABULARIES } from '../../../../server/core/summary/vocabulary.ts';
import { foldText } from '../../../../server/core/transcript/search-text.ts';

t.test('every language the guard knows has its function words', async (t) => {
  for (const language of Object.keys(VOCABULARIES)) t.ok((STOP_WORDS[language]?.size ?? 0) > 80, language);
});

t.test('they are written as they are compared: without capitals and accents', async (t) => {
  for (const [language, words] of Object.entries(STOP_WORDS)) {
    t.notOk(words.has(''), language);
    const odd = [...words].filter((word) => word !== foldText(word));
    t.same(odd, [], language);
  }
});

t.test('the lists are of different languages', async (t) => {
  t.ok(STOP_WORDS['en']?.has('the'));
  t.ok(STOP_WORDS['de']?.has('und'));
  t.ok(STOP_WORDS['fr']?.has('nous'));
  t.notOk(STOP_WORDS['en']?.has('und'));
});
