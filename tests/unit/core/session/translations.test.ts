import t from 'tap';
import type { SessionOutput } from '../../../../server/core/session/outputs.ts';
import { type TranslationSnapshot, Translations } from '../../../../server/core/session/translations.ts';

const SENTENCE: TranslationSnapshot = { sentence: 1, channel: 0, text: 'Guten Tag.', language: 'de', told: [] };

function open() {
  const outputs: SessionOutput[] = [];
  const translations = new Translations((output) => outputs.push(output));
  const events = () => outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []));
  const answer = (to: string, text: string) =>
    translations.read({ kind: 'translation', sentence: 1, to, text, model: 'm', tookMs: 12.6 });
  return { outputs, translations, events, answer };
}

t.test('a sentence asks for its translations, and is done when all have come', async (t) => {
  const { outputs, translations, events, answer } = open();
  translations.request(SENTENCE, ['en', 'fr']);
  t.match(outputs, [{ kind: 'translate', sentence: 1, to: ['en', 'fr'], text: 'Guten Tag.' }]);
  translations.read({ kind: 'translating', sentence: 1, to: ['en', 'fr'] });
  answer('en', 'Good day.');
  t.equal(translations.size, 1);
  answer('fr', 'Bonjour.');
  t.equal(translations.size, 0);
  t.match(events(), [
    { type: 'translated', language: 'en', text: 'Good day.', model: 'm', tookMs: 13 },
    { type: 'translated', language: 'fr', text: 'Bonjour.' },
  ]);
});

t.test('a language is answered once, and only when it was asked for', async (t) => {
  const { translations, events, answer } = open();
  answer('en', 'Good day.');
  translations.request(SENTENCE, ['en', 'fr']);
  answer('en', 'Too early.');
  translations.read({ kind: 'translating', sentence: 1, to: ['en', 'fr'] });
  answer('es', 'Buenos días.');
  answer('en', 'Good day.');
  answer('en', 'Good morning.');
  t.match(events(), [{ language: 'en', text: 'Good day.' }]);
  t.equal(events().length, 1);
});

t.test('where nothing is to be translated the sentence is done at once', async (t) => {
  const { translations, events } = open();
  translations.request(SENTENCE, []);
  translations.read({ kind: 'translating', sentence: 1, to: [] });
  t.equal(translations.size, 0);
  t.same(events(), []);
});

t.test('one that does not come is reported with its reason, and so is an answer that is no translation', async (t) => {
  const { translations, events, answer } = open();
  translations.request(SENTENCE, ['en', 'fr']);
  translations.read({ kind: 'translating', sentence: 1, to: ['en', 'fr'] });
  translations.read({ kind: 'untranslated', sentence: 1, to: 'en', reason: 'late' });
  answer('fr', '');
  t.match(events(), [
    { type: 'notice', code: 'translate.skipped', text: 'Not translated into en: its model was late.', sentence: 1 },
    { code: 'translate.skipped', text: /no translation\.$/ },
  ]);
  t.equal(translations.size, 0);
});

t.test('what was answered before a restart is not asked for again', async (t) => {
  const { translations, answer } = open();
  translations.request(SENTENCE, ['en', 'fr']);
  translations.read({ kind: 'translating', sentence: 1, to: ['en', 'fr'] });
  answer('en', 'Good day.');
  t.match(translations.snapshot, [{ sentence: 1, told: ['en'] }]);
  t.notOk('to' in translations.snapshot[0]!, 'who watches after the restart decides anew');
});

t.test('a text that was heard again is translated anew, and answers about the one before do not count', async (t) => {
  const { outputs, translations, events, answer } = open();
  translations.request(SENTENCE, ['en']);
  translations.read({ kind: 'translating', sentence: 1, to: ['en'] });
  translations.request({ ...SENTENCE, text: 'Guten Abend.', revised: true }, ['en']);
  t.match(outputs.at(-1), { kind: 'translate', sentence: 1, text: 'Guten Abend.', revised: true });
  answer('en', 'Good day.');
  t.same(events(), []);
  translations.read({ kind: 'translating', sentence: 1, revised: true, to: ['en'] });
  answer('en', 'Good day.');
  const evening = { kind: 'translation', sentence: 1, revised: true, to: 'en', text: 'Good evening.' } as const;
  translations.read({ ...evening, model: 'm', tookMs: 1 });
  t.match(events(), [{ type: 'translated', language: 'en', text: 'Good evening.' }]);
  t.equal(events().length, 1);
  t.equal(translations.size, 0);
});
