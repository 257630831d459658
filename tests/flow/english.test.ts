import t from 'tap';
import { chooseTranslationModel } from '../../server/compose/engines.ts';
import { loadConfig } from '../../server/config/load.ts';
import { ScriptedRecogniser } from '../../server/engine/script.ts';
import type { DecodeAnswer, DecodeJob } from '../../server/ports/recogniser.ts';
import { converse, finalsOf, openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { watch } from '../support/viewing.ts';

const WORDS = [...script('Eins zwei drei.', 0.6), ...script('Vier fünf sechs.', 3.6)];
const SOUND = sound(6, [
  [0.5, 2],
  [3.5, 5],
]);

/** Hears a span as English when it is told to translate. */
class Bilingual extends ScriptedRecogniser {
  override async decode(job: DecodeJob): Promise<DecodeAnswer> {
    const answer = await super.decode(job);
    if (job.task !== 'translate' || answer.kind !== 'hypothesis') return answer;
    const { hypothesis } = answer;
    return { ...answer, hypothesis: { ...hypothesis, words: hypothesis.words.map((w) => ({ ...w, text: 'word' })) } };
  }
}

t.test('a sentence in another language is heard again as English, after its final and only for English', async (t) => {
  const recogniser = new Bilingual(WORDS);
  const server = await openScriptedServer(WORDS, 1, { recogniser, english: 'script' });
  t.teardown(() => server.close());
  const viewer = watch(server.url, 'stage', { translate: 'en' });
  await viewer.waitFor(({ type }) => type === 'room');
  const events = await converse(await server.connect({ room: 'stage', language: 'de' }), SOUND);
  const translated = events.filter((event) => event.type === 'translated');
  t.match(translated, [
    { sentence: 1, language: 'en', text: 'word word word', model: 'script', channel: 0 },
    { sentence: 2, language: 'en', text: 'word word word' },
  ]);
  t.same(finalsOf(events), ['Eins zwei drei.', 'Vier fünf sechs.']);
  const seqs = new Map(events.flatMap((event) => (event.type === 'final' ? [[event.sentence, event.seq]] : [])));
  for (const { sentence, seq } of translated) t.ok(seqs.get(sentence)! < seq);
  const translations = recogniser.jobs.filter(({ task }) => task === 'translate');
  t.match(translations, [{ language: 'de', prompt: '' }, { language: 'de' }]);
  t.equal(events.at(-1)?.type, 'done');
  await viewer.waitFor((event) => event.type === 'translated' && event.sentence === 2);
  viewer.close();
});

t.test('English is not doubled, and what cannot be had is refused', async (t) => {
  const recogniser = new Bilingual(WORDS);
  const server = await openScriptedServer(WORDS, 2, { recogniser, english: 'script' });
  t.teardown(() => server.close());
  const events = await converse(await server.connect({ language: 'en', translations: ['en'] }), SOUND);
  t.equal(finalsOf(events).length, 2);
  t.notOk(recogniser.jobs.some(({ task }) => task === 'translate'));
  await t.rejects(server.connect({ translations: ['fr'] }), { code: 'command.option', message: /English alone/ });
});

t.test('the assistant translates where there is one, and a wish that cannot be met ends the start', async (t) => {
  const english = (multilingual: boolean, ...args: string[]) =>
    chooseTranslationModel(loadConfig(args, {}).config, { model: 'own', multilingual });
  const assistant = ['--assistant-model', 'some.gguf'];
  t.equal(english(true), 'own');
  t.equal(english(false), undefined);
  t.equal(english(true, ...assistant), undefined);
  t.equal(english(true, ...assistant, '--translate-with', 'whisper'), 'own');
  t.throws(() => english(false, '--translate-with', 'whisper'), { message: /own knows English only/ });
  t.throws(() => english(true, '--translate-with', 'assistant'), { message: /--assistant-model/ });
});
