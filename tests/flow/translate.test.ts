import t from 'tap';
import { MemoryJournalStore } from '../../server/store/memory-journal-store.ts';
import { ScriptedAssistant } from '../support/scripted-assistant.ts';
import { converse, finalsOf, openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { watch } from '../support/viewing.ts';

const WORDS = [...script('One um two three.', 0.6), ...script('Four five six.', 3.6)];
const SOUND = sound(6, [
  [0.5, 2],
  [3.5, 5],
]);
/** The sentence with the name of the language. */
const inOther = new ScriptedAssistant(({ system, user }) => `${/into (\w+)/.exec(system)![1]}: ${user}`);

t.test('each sentence is translated once into each language, behind its final, from its cleaned text', async (t) => {
  const server = await openScriptedServer(WORDS, 1, { assistant: inOther });
  t.teardown(() => server.close());
  const events = await converse(await server.connect({ room: 'stage', translations: ['de', 'fr', 'de', 'en'] }), SOUND);
  const translated = events.filter((event) => event.type === 'translated');
  t.same(translated.map(({ sentence, language, text }) => `${sentence} ${language} ${text}`).sort(), [
    '1 de German: One two three.',
    '1 fr French: One two three.',
    '2 de German: Four five six.',
    '2 fr French: Four five six.',
  ]);
  t.match(translated[0], { model: 'scripted', channel: 0 });
  t.same(finalsOf(events), ['One um two three.', 'Four five six.'], 'finals stay as they are');
  for (const { sentence, seq } of translated)
    t.ok(events.some((event) => event.type === 'cleaned' && event.sentence === sentence && event.seq < seq));
  t.equal(events.at(-1)?.type, 'done', 'nothing follows the end');
  const kept = await fetch(`${server.url}/v1/rooms/stage/transcript?translate=de`);
  t.equal(await kept.text(), 'German: One two three.\nGerman: Four five six.\n');
});

t.test('a viewer is sent the language it asks for though the speaker asked for none', async (t) => {
  const server = await openScriptedServer(WORDS, 1, { assistant: inOther });
  t.teardown(() => server.close());
  const german = watch(server.url, 'stage', { translate: 'de' });
  const plain = watch(server.url, 'stage');
  await Promise.all([german, plain].map(({ waitFor }) => waitFor(({ type }) => type === 'room')));
  const events = await converse(await server.connect({ room: 'stage', cleanup: { mode: 'off' } }), SOUND);
  await german.waitFor((event) => event.type === 'translated' && event.sentence === 2);
  const read = german.events.flatMap((event) => (event.type === 'translated' ? [event.text] : []));
  t.same(read, ['German: One um two three.', 'German: Four five six.'], 'as spoken where nothing is cleaned');
  t.equal(events.filter(({ type }) => type === 'translated').length, 2, 'the speaker receives it, too');
  await plain.waitFor((event) => event.type === 'room' && event.state === 'idle' && plain.events.indexOf(event) > 1);
  t.notOk(plain.events.some(({ type }) => type === 'translated'));
  german.close();
  plain.close();
});

t.test('what is no translation is left out with a notice, and nothing waits for it', async (t) => {
  const replies = ['Zwei\nZeilen', new Error('no')];
  const assistant = new ScriptedAssistant(() => replies.shift());
  const server = await openScriptedServer(WORDS, 1, { assistant });
  t.teardown(() => server.close());
  const events = await converse(await server.connect({ translations: ['de'] }), SOUND);
  t.same(finalsOf(events).length, 2);
  t.notOk(events.some(({ type }) => type === 'translated'));
  const skipped = events.filter((event) => event.type === 'notice' && event.code === 'translate.skipped');
  t.match(skipped, [
    { sentence: 1, text: /into de: what its model said is no translation/ },
    { sentence: 2, text: /into de: its model failed/ },
  ]);
  t.equal(events.at(-1)?.type, 'done');
});

t.test('a session that requests an unavailable translation gets a notice', async (t) => {
  const without = await openScriptedServer(WORDS, 1);
  const server = await openScriptedServer(WORDS, 1, { assistant: inOther });
  t.teardown(() => Promise.all([without.close(), server.close()]));
  await t.rejects(without.connect({ translations: ['de'] }), { code: 'command.option', message: /--assistant-model/ });
  await t.rejects(server.connect({ translations: ['zz'] }), { code: 'command.option', message: /zz/ });
  await t.rejects(server.connect({ translations: ['de', 'fr', 'es', 'it', 'pl'] }), { code: 'command.option' });
});

t.test('a sentence that was being translated when the server died is translated by the next', async (t) => {
  const store = new MemoryJournalStore();
  // The first process answers French, and dies before German.
  const dying = new ScriptedAssistant(({ system }) => (system.includes('French') ? 'French' : undefined));
  const first = await openScriptedServer(WORDS, 1, { assistant: dying, store });
  const session = await first.connect({ room: 'stage', translations: ['fr', 'de'], reconnect: false });
  const half = new Promise<void>((resolve) => {
    session.on('translated', () => resolve());
  });
  session.send(SOUND.subarray(0, 48_000));
  await half;
  await first.close();
  const next = new ScriptedAssistant(({ system }) => (system.includes('French') ? 'Again' : 'German'));
  const second = await openScriptedServer(WORDS, 1, { assistant: next, store });
  t.teardown(() => second.close());
  const viewer = watch(second.url, 'stage', { from: 'start', translate: 'de' });
  await viewer.waitFor((event) => event.type === 'translated' && event.text === 'German');
  t.ok(
    next.asked.every(({ system }) => !system.includes('French')),
    'what was sent is not requested again',
  );
  viewer.close();
});
