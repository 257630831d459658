import { readFileSync } from 'node:fs';
import t from 'tap';
import { CAPTIONS_SETTINGS, readReaderChoices } from '../../../client/web/captions/captions-settings.ts';
import { CAPTIONS_MESSAGES } from '../../../client/web/i18n/captions.ts';
import { OVERLAY_MESSAGES } from '../../../client/web/i18n/overlay.ts';
import {
  OVERLAY_SETTINGS,
  readOverlaySettings,
  resolveAppearance,
} from '../../../client/web/roll-up/overlay-settings.ts';
import { computeRemainder } from '../../../client/web/roll-up/remainder.ts';
import { applySpelling } from '../../../client/web/roll-up/spelling.ts';
import { countUnitColumns, splitIntoUnits } from '../../../client/web/roll-up/units.ts';
import { isLocalOnlyAddress } from '../../../client/web/ui/qr-code.ts';
import { buildSettingRows, readSettings, writeSettings } from '../../../client/web/ui/url-settings.ts';
import { SentenceFold } from '../../../transcript/sentence-fold.ts';
import { selectDisplayedText } from '../../../transcript/wanted-form.ts';

const readme = readFileSync(new URL('../../../client/README.md', import.meta.url), 'utf8');
const at = (search: string, hash = '') => ({ search, hash });

t.test('the tables of settings in client/README.md are those that the pages read', async (t) => {
  for (const table of [OVERLAY_SETTINGS, CAPTIONS_SETTINGS]) {
    const rows = buildSettingRows(table);
    t.ok(readme.includes(rows), `bring client/README.md up to date:\n${rows}`);
  }
});

t.test('an invalid value becomes the default, and is reported; a token is not', async (t) => {
  const notes: string[] = [];
  const read = readOverlaySettings(at('?lines=99&SIZE=40&color=fc0&bg=nope&room=UP&tokem=x&token=a%20b'), (note) =>
    notes.push(note),
  );
  t.match(read, { lines: 2, size: 40, color: '#ffcc00', bg: undefined, room: 'main', token: '' });
  t.equal(notes.length, 5);
  t.notOk(
    notes.some((note) => note.includes('a b')),
    'the token stays out of the console',
  );
  for (const [name, setting] of Object.entries(OVERLAY_SETTINGS)) {
    const nonsense = name === 'names' || name === 'mask' ? ',,' : '\u0000';
    const value = readOverlaySettings(at(`?${name}=${encodeURIComponent(nonsense)}`), () => {})[name as 'lines'];
    t.same(value, setting.default, name);
  }
});

t.test('an address that was written is read back, its token behind #', async (t) => {
  const nothing = (): void => {};
  const values = {
    ...readOverlaySettings(at(''), nothing),
    lines: 3,
    color: '#ff9f1c',
    names: ['Ada', 'Åse'],
    token: 'ab.c-1',
    motion: false,
  };
  const link = new URL(writeSettings(OVERLAY_SETTINGS, values, 'http://sotto.test/overlay'));
  t.same(readOverlaySettings(link, nothing), values);
  t.equal(link.hash, '#token=ab.c-1');
  t.notMatch(link.search, /token|theme|fade/, 'what is as by default is left out');
  t.same(readSettings(CAPTIONS_SETTINGS, at('?room=a&translate=pt-BR'), nothing), {
    room: 'a',
    token: '',
    translate: 'pt-BR',
    text: 'cleaned',
    lang: '',
  });
});

t.test('a theme gives the colours that were not chosen', async (t) => {
  const look = (search: string) => resolveAppearance(readOverlaySettings(at(search), () => {}));
  t.same(look('?theme=light&bgOpacity=0'), { color: '#111111', bg: '#ffffff', bgOpacity: 0, stroke: 0, shadow: 0 });
  t.match(look('?theme=outline&stroke=0'), { stroke: 0, shadow: 6 });
});

t.test('text is cut where a line may break', async (t) => {
  const cut = (text: string): string =>
    splitIntoUnits(text)
      .map(({ text, breakable }) => (breakable ? '|' : '') + text)
      .join('');
  t.equal(cut('The well-known, old'), 'The|well-known,|old');
  t.equal(cut('今日は、「東京」へ。'), '今|日|は、|「東|京」|へ。', 'no line begins with 、 or ends with 「');
  t.equal(cut('GPT4は速い'), 'GPT4|は|速|い');
  t.match(cut('สวัสดีครับ'), /\|/, 'Thai breaks between words');
  t.equal(countUnitColumns('字幕ab'), 6);
  t.equal(splitIntoUnits('man, he', 3)[0]?.breakable, false, 'what belongs to a word that was shown stays with it');
});

t.test('a cleaning goes on behind what was shown', async (t) => {
  const rest = (spoken: string, shown: string, cleaned: string): string =>
    computeRemainder(cleaned, spoken, shown.length)
      .map(({ text }) => text)
      .join(' ');
  t.equal(rest('we um have to to go', '', 'We have to go.'), 'We have to go.');
  t.equal(rest('we um have to to go', 'we um have', 'We have to go.'), 'to go.');
  t.equal(rest('we um have um to go', 'we um have', 'We have to go.'), 'to go.', 'a filler at the border goes');
  t.equal(
    rest('we have to to go', 'we have to', 'We have to go.'),
    'go.',
    'a word said twice is not shown a third time',
  );
  t.equal(
    rest('twenty five people came', 'twenty', '25 people came.'),
    'five people came.',
    'half of a number is not replaced',
  );
  t.equal(rest('about twenty five people', 'about', 'about 25 people'), '25 people');
  t.equal(rest('twenty five people', 'twenty five', '25 people'), 'people');
  t.equal(
    rest('so the manager, he said', 'so the manager', 'The manager said.'),
    ', said.',
    'half a unit goes on as it was spoken',
  );
  t.equal(rest('um', 'um', ''), '');
});

t.test('words are masked whole, and written in the case that is wanted', async (t) => {
  const spell = (search: string) => applySpelling(readOverlaySettings(at(search), () => {}));
  t.equal(spell('?profanity=mask')('Shit,'), 'S***,');
  t.equal(spell('?mask=acme')('“Acme”'), '“A***”');
  t.equal(spell('?profanity=mask')('Scunthorpe'), 'Scunthorpe');
  t.equal(spell('?case=upper&lang=tr')('istanbul'), 'İSTANBUL');
});

t.test('every language has every word, and every gap of the English one', async (t) => {
  const gaps = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([gap]) => gap).sort();
  for (const table of [CAPTIONS_MESSAGES, OVERLAY_MESSAGES] as Readonly<Record<string, Record<string, string>>>[]) {
    for (const [language, words] of Object.entries(table)) {
      t.same(Object.keys(words), Object.keys(table['en']!), language);
      for (const [key, text] of Object.entries(words))
        t.same(gaps(text), gaps(table['en']![key]!), `${language} ${key}`);
    }
  }
});

t.test('the English of the page is that of its table', async (t) => {
  const html = readFileSync(new URL('../../../client/web/captions/captions.html', import.meta.url), 'utf8');
  const texts = [...html.matchAll(/data-message="(\w+)"[^>]*>([^<]*)</g)];
  t.ok(texts.length > 20);
  for (const [, key, text] of texts) t.equal(text, CAPTIONS_MESSAGES.en[key as 'captions'], String(key));
});

t.test('what the address asks for comes before the choice of last time; nonsense is forgotten', async (t) => {
  const address = readSettings(CAPTIONS_SETTINGS, at('?translate=fr'), () => {});
  const kept = JSON.stringify({ size: 237, colors: 'plaid', translate: 'de', both: 'yes', font: 'mono' });
  t.match(readReaderChoices(address, new Set(['translate']), kept), {
    size: 240,
    colors: 'auto',
    translate: 'fr',
    both: false,
    font: 'mono',
  });
  t.match(readReaderChoices(address, new Set(), kept), { translate: 'de' });
  t.match(readReaderChoices(address, new Set(), '{'), { size: 100 });
});

t.test('a reader gets the form that is wanted, and no sentence twice', async (t) => {
  const transcript = new SentenceFold({ sentencesMax: 2 });
  const name = { session: 'a', channel: 0, sentence: 1 };
  transcript.read({ type: 'partial', ...name, stable: 'We um', tentative: ' ha' });
  t.equal(transcript.read({ type: 'partial', ...name, stable: 'They', tentative: '' }), undefined, 'stable text stays');
  const sentence = transcript.read({ type: 'final', ...name, text: 'We um have.' })!;
  t.equal(transcript.read({ type: 'final', ...name, text: 'Other.' }), undefined);
  t.equal(selectDisplayedText(sentence, { text: 'cleaned', translate: 'de' }), 'We um have.');
  transcript.read({ type: 'cleaned', ...name, text: 'We have.' });
  transcript.read({ type: 'translated', ...name, language: 'de', text: 'Wir haben.' });
  t.equal(selectDisplayedText(sentence, { text: 'cleaned', translate: '' }), 'We have.');
  t.equal(selectDisplayedText(sentence, { text: 'cleaned', translate: 'de' }), 'Wir haben.');
  for (const sentence of [2, 3]) transcript.read({ type: 'final', ...name, sentence, text: 'x' });
  t.equal([...transcript.sentences].length, 2, 'what is kept is bounded');
});

t.test('an address that every device takes for itself is known', async (t) => {
  for (const here of ['http://127.0.0.1:8080/captions', 'http://localhost/', 'http://[::1]/', 'http://a.localhost/'])
    t.ok(isLocalOnlyAddress(here), here);
  for (const away of ['http://192.168.1.7/', 'https://sotto.example.org/']) t.notOk(isLocalOnlyAddress(away), away);
});
