import t from 'tap';
import { EMPTY_SENTENCE } from '../../../transcript/sentence.ts';
import { getAwaitedForm, isFormEvent, selectDisplayedText, selectWantedText } from '../../../transcript/wanted-form.ts';

const ID = { session: 's', channel: 0, sentence: 1 };
const CLEANED = { type: 'cleaned', ...ID, text: 'We go.' } as const;
const GERMAN = { type: 'translated', ...ID, language: 'de', text: 'Wir gehen.' } as const;
const FINAL = { ...EMPTY_SENTENCE, stable: 'um we go', final: true };

t.test('a translation takes precedence over a cleaning, and raw text waits for nothing', async (t) => {
  t.equal(getAwaitedForm({ text: 'raw' }), undefined);
  t.equal(getAwaitedForm({ text: 'cleaned', translate: '' }), 'cleaned');
  t.equal(getAwaitedForm({ text: 'raw', translate: 'de' }), 'translated');
  t.notOk(isFormEvent(CLEANED, { text: 'raw' }));
  t.ok(isFormEvent(CLEANED, { text: 'cleaned' }));
  t.notOk(isFormEvent(CLEANED, { text: 'cleaned', translate: 'de' }));
  t.ok(isFormEvent(GERMAN, { text: 'cleaned', translate: 'de' }));
  t.notOk(isFormEvent(GERMAN, { text: 'cleaned', translate: 'fr' }), 'only in the language that is wanted');
});

t.test('the displayed text is the wanted form, else the cleaned one, else the spoken one', async (t) => {
  const german = { text: 'cleaned', translate: 'de' } as const;
  t.equal(selectWantedText(FINAL, german), undefined);
  t.equal(selectDisplayedText(FINAL, german), 'um we go');
  const cleaned = { ...FINAL, cleaned: 'We go.' };
  t.equal(selectDisplayedText(cleaned, german), 'We go.');
  t.equal(selectDisplayedText(cleaned, { ...german, text: 'raw' }), 'um we go');
  const translated = { ...cleaned, translations: { de: '' } };
  t.equal(selectDisplayedText(translated, german), '', 'an empty form is one');
  t.equal(selectWantedText(cleaned, { text: 'raw' }), 'um we go');
});

t.test('a language named like a property of every object is no translation', async (t) => {
  for (const translate of ['constructor', '__proto__', 'toString'])
    t.equal(selectWantedText(FINAL, { text: 'raw', translate }), undefined, translate);
});
