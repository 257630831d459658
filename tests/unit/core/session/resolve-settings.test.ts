import t from 'tap';
import type { Start } from '../../../../protocol/index.ts';
import {
  findFirstModel,
  modelFor,
  resolveLanguage,
  resolveSettings,
  type ServerOffer,
  validateChange,
  WHISPER_LANGUAGES,
} from '../../../../server/core/session/resolve-settings.ts';

const OFFER: ServerOffer = {
  ...{ model: 'base', languages: 'all', language: 'auto', partialEveryMs: 200, cleanup: 'llm' },
  endpoint: { minMs: 300, maxMs: 1_000 },
};
const ENGLISH: ServerOffer = { ...OFFER, model: 'tiny.en', languages: ['en'] };
const resolve = (start: Partial<Start>, offer = OFFER) => resolveSettings({ type: 'start', ...start } as Start, offer);
const refusal = (code: string, text: RegExp) => ({ code, message: text });

t.test('what a client leaves out is as the server has it', async (t) => {
  t.same(resolve({}), {
    ...{ channels: 1, language: 'auto', languages: [], task: 'transcribe', model: undefined, vocabulary: [] },
    source: 'live',
    partials: { mode: 'revisable', everyMs: 200 },
    cleanup: { mode: 'default', instruction: '' },
    endpoint: { minMs: 300, maxMs: 1_000 },
    translations: undefined,
    revise: false,
  });
  t.equal(resolve({}, { ...OFFER, cleanup: 'off' }).cleanup.mode, 'off');
});

t.test('a recording is decoded without partials, whatever is asked for', async (t) => {
  t.match(resolve({ source: 'recording', partials: { mode: 'stable', everyMs: 500 } }), {
    source: 'recording',
    partials: { mode: 'off' },
  });
});

t.test('what a client asks for is taken', async (t) => {
  t.match(
    resolve({
      language: 'de',
      partials: { mode: 'off' },
      cleanup: { instruction: 'x' },
      vocabulary: ['Sotto'],
    } as never),
    {
      ...{ language: 'de', partials: { mode: 'off', everyMs: 200 }, vocabulary: ['Sotto'] },
      cleanup: { mode: 'default', instruction: 'x' },
    },
  );
});

t.test('a shortest wait beyond the server’s longest moves the longest', async (t) => {
  t.same(resolve({ endpoint: { minMs: 1_500 } } as never).endpoint, { minMs: 1_500, maxMs: 1_500 });
});

t.test('only separate channels are several speakers', async (t) => {
  const audio = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 2 } as const;
  t.equal(resolve({ audio: { ...audio, channelMode: 'separate' } } as never).channels, 2);
  t.equal(resolve({ audio: { ...audio, channelMode: 'mix' } } as never).channels, 1);
});

t.test('a language that the model does not know is refused', async (t) => {
  t.throws(() => resolve({ language: 'xx' }), refusal('command.option', /a language code Whisper knows/));
  t.throws(() => resolve({ language: 'de' }, ENGLISH), refusal('command.option', /tiny\.en knows nothing else/));
  t.throws(() => resolve({ languages: ['de', 'xx'] }), refusal('command.option', /xx/));
  t.throws(() => resolve({ task: 'translate' }, ENGLISH), refusal('command.option', /knows English only/));
  t.equal(resolveLanguage('auto', ENGLISH), 'en', 'a model of one language hears that one');
  t.same(resolve({ languages: ['auto', 'de'] }).languages, ['de']);
});

t.test('a session may have the small model, and no other', async (t) => {
  const offer: ServerOffer = { ...OFFER, small: { model: 'tiny.en', languages: ['en'] } };
  t.equal(modelFor(undefined, offer), offer);
  t.equal(modelFor('base', offer), offer);
  t.equal(modelFor('tiny.en', offer).languages[0], 'en');
  t.throws(() => modelFor('large', offer), refusal('model.unknown', /base and tiny\.en/));
  t.throws(() => resolve({ model: 'tiny.en', language: 'de' }, offer), refusal('command.option', /tiny\.en/));
});

t.test('a session in English that names no model may begin with the small one, by machine or load', async (t) => {
  const small = { model: 'tiny.en', languages: ['en'] };
  const offer: ServerOffer = { ...OFFER, small };
  const first = (start: Partial<Start>, more: Partial<ServerOffer> = {}, level: 'own' | 'small' = 'own') =>
    findFirstModel(resolve(start, offer), { ...offer, ...more }, { model: level });
  t.equal(first({ language: 'en' }), 'base');
  t.equal(first({ language: 'en' }, { isEnglishSmall: true }), 'tiny.en');
  t.equal(first({ language: 'en' }, {}, 'small'), 'tiny.en');
  t.equal(first({ language: 'en' }, { small: undefined }, 'small'), 'base', 'there is none');
  for (const start of [
    { language: 'de' },
    {},
    { language: 'en', task: 'translate' },
    { language: 'en', model: 'base' },
  ])
    t.equal(first(start as Partial<Start>, { isEnglishSmall: true }, 'small'), 'base', JSON.stringify(start));
  t.equal(first({ model: 'tiny.en' }), 'tiny.en', 'a named one is taken anyway');
});

t.test('translations are those that a model of the server can make', async (t) => {
  const asked = (translations: string[], offer: Partial<ServerOffer>) =>
    resolve({ translations }, { ...OFFER, ...offer }).translations;
  t.equal(asked([], {}), undefined, 'nothing is translated');
  t.throws(() => asked(['en'], {}), refusal('command.option', /no model that translates/));
  t.same(asked(['en', 'en'], { english: 'base' }), ['en']);
  t.throws(() => asked(['fr'], { english: 'base' }), refusal('command.option', /into English alone/));
  t.throws(() => asked(['en'], { english: 'base', languages: ['en'] }), refusal('command.option', /no model/));
  t.same(asked(['fr', 'en'], { assistant: 'm' }), ['fr', 'en']);
  t.throws(() => asked(['xx'], { assistant: 'm' }), refusal('command.option', /codes of languages/));
});

t.test('a change is held to the same, and leaves the rest as it is', async (t) => {
  t.same(validateChange({ type: 'configure', language: 'auto' }, ENGLISH), { type: 'configure', language: 'en' });
  t.same(validateChange({ type: 'configure' }, OFFER), { type: 'configure' });
  t.throws(() => validateChange({ type: 'configure', language: 'de' }, ENGLISH), refusal('command.option', /tiny\.en/));
});

t.test('Whisper knows 99 languages and Cantonese', async (t) => {
  t.equal(WHISPER_LANGUAGES.size, 100);
});

t.test('sentences are heard a second time where a model does that, unless the client wants none of it', async (t) => {
  const offer: ServerOffer = { ...OFFER, second: { model: 'base', languages: 'all' } };
  t.equal(resolve({}, offer).revise, true);
  t.equal(resolve({ revise: false }, offer).revise, false);
  t.equal(resolve({ source: 'recording' }, offer).revise, false, 'it is heard carefully the first time');
  t.equal(resolve({ source: 'recording', revise: true }, offer).revise, true);
  t.equal(resolve({ revise: true }).revise, false, 'with --second-model none');
});
