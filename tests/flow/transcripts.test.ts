import t from 'tap';
import { WebSocket } from 'ws';
import type { ServerEvent } from '../../client/sdk/index.ts';
import type { Authenticator } from '../../server/ports/authenticator.ts';
import { MemoryTranscripts } from '../../server/store/memory-transcripts.ts';
import { FastClock } from '../support/fast-clock.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { converse, openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

const WORDS = [...script('Hello um there.', 0.6), ...script('We meet again.', 3.6)];
const SOUND = sound(6, [
  [0.5, 1.7],
  [3.5, 4.7],
]);
const readyOf = (events: readonly ServerEvent[]) => events.find((event) => event.type === 'ready')!;
const noticesOf = (events: readonly ServerEvent[]): string[] =>
  events
    .filter((event) => event.type === 'notice' && event.code === 'keep.skipped')
    .map((event) => (event as { text: string }).text);

t.test('what is said in a session that asks for it is kept, cleaned, with its times', async (t) => {
  const { recorder, store } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder });
  const events = await converse(await server.connect({ keep: { title: 'Monday' } }), SOUND);
  const { transcript, part, transcriptMs } = readyOf(events);
  t.same([part, transcriptMs], [1, 0]);
  const kept = store.read('', transcript!)!;
  const finals = events.filter((event) => event.type === 'final');
  t.equal(kept.title, 'Monday');
  t.equal(kept.durationMs, 6_000);
  t.same(
    kept.sentences.map(({ text, fromMs, toMs }) => ({ text, fromMs, toMs })),
    finals.map(({ text, fromMs, toMs }) => ({ text, fromMs, toMs })),
  );
  t.same(
    kept.sentences.map(({ cleaned }) => cleaned),
    ['Hello there.', 'We meet again.'],
  );
  await server.close();
});

t.test('a second session goes on behind the first', async (t) => {
  const { recorder, store } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder });
  const { transcript } = readyOf(await converse(await server.connect({ keep: {} }), SOUND));
  const again = readyOf(await converse(await server.connect({ keep: { transcript: transcript! } }), SOUND));
  t.match(again, { transcript, part: 2, transcriptMs: 6_000 });
  const kept = store.read('', transcript!)!;
  t.same(
    kept.sentences.map(({ part }) => part),
    [1, 1, 2, 2],
  );
  t.ok(kept.sentences[2]!.fromMs >= 6_000);
  t.equal(kept.durationMs, 12_000);
  await t.rejects(server.connect({ keep: { transcript: 'nothing' } }), { code: 'transcript.unknown' });
  await server.close();
});

t.test('who does not ask is not kept, unless all are', async (t) => {
  const asked = memoryRecorder();
  const all = memoryRecorder({ mode: 'all' });
  for (const { recorder, store } of [asked, all]) {
    const server = await openScriptedServer(WORDS, 8, { recorder });
    const { transcript } = readyOf(await converse(await server.connect(), SOUND));
    t.equal(store.list('', { words: [], limit: 5 }).transcripts.length, recorder === all.recorder ? 1 : 0);
    t.equal(transcript !== undefined, recorder === all.recorder);
    await server.close();
  }
});

t.test('a session in which nothing was said leaves no transcript that nobody asked for', async (t) => {
  const { recorder, store } = memoryRecorder({ mode: 'all' });
  const server = await openScriptedServer([], 8, { recorder });
  await converse(await server.connect(), sound(1, []));
  t.same(store.list('', { words: [], limit: 5 }).transcripts, []);
  await converse(await server.connect({ keep: {} }), sound(1, []));
  t.equal(store.list('', { words: [], limit: 5 }).transcripts.length, 1);
  await server.close();
});

t.test('a server that can keep nothing says so and transcribes on', async (t) => {
  const { recorder } = memoryRecorder({ store: undefined, unavailableReason: 'no room' });
  const server = await openScriptedServer(WORDS, 8, { recorder });
  const events = await converse(await server.connect({ keep: {} }), SOUND);
  t.same(noticesOf(events), ['Not kept as a transcript: no room.']);
  t.equal(events.filter(({ type }) => type === 'final').length, 2);
  t.same(noticesOf(await converse(await server.connect(), SOUND)), [], 'nobody else is notified');
  await server.close();
});

/** A store that has no room while `full`. */
function limited(): { calls: MemoryTranscripts; disk: { full: boolean } } {
  const disk = { full: false };
  const memory = new MemoryTranscripts(Date.now);
  const calls = new Proxy(memory, {
    get: (target, name) => {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (disk.full) throw Object.assign(new Error('no room'), { code: 'SQLITE_FULL' });
        return method.apply(target, args);
      };
    },
  });
  return { calls, disk };
}

t.test('a disk that is full for a while costs no sentence', async (t) => {
  const { calls, disk } = limited();
  const { recorder } = memoryRecorder({ calls, clock: new FastClock(100) });
  const server = await openScriptedServer(WORDS, 8, { recorder });
  const session = await server.connect({ keep: {} });
  session.on('speech', ({ atMs }) => {
    disk.full = atMs < 3_000;
  });
  const events = await converse(session, SOUND);
  t.equal(noticesOf(events).length, 1);
  t.match(noticesOf(events)[0], /SQLITE_FULL.*tried again/);
  const cleaned = () => calls.read('', readyOf(events).transcript!)!.sentences.map(({ cleaned }) => cleaned);
  await until(() => cleaned().length === 2 && cleaned().every((text) => text !== undefined));
  t.same(cleaned(), ['Hello there.', 'We meet again.']);
  t.same(
    events.map(({ seq }) => seq),
    events.map((_, i) => i + 1),
    'the notice is in its place',
  );
  disk.full = true;
  const without = await converse(await server.connect({ keep: {} }), SOUND);
  t.match(noticesOf(without)[0], /SQLITE_FULL/);
  t.equal(without.filter(({ type }) => type === 'final').length, 2);
  await server.close();
});

t.test('a transcript that is deleted while it is written stays deleted, and the session goes on', async (t) => {
  const { recorder, store } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder });
  const session = await server.connect({ keep: {} });
  const transcript = (await session.opened).transcript!;
  session.on('final', ({ sentence }) => {
    if (sentence === 1) store.remove('', transcript);
  });
  const all = await converse(session, SOUND);
  t.match(noticesOf(all), [/was deleted/]);
  t.equal(store.read('', transcript), undefined);
  t.equal(all.filter(({ type }) => type === 'final').length, 2);
  await server.close();
});

for (const how of ['says goodbye', 'is cut off'] as const) {
  t.test(`what a client that ${how} has said is finalised and kept`, async (t) => {
    const { recorder, store } = memoryRecorder();
    const server = await openScriptedServer(WORDS, 8, { recorder, graceMs: 20 });
    const sockets: WebSocket[] = [];
    class Held extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        sockets.push(this);
      }
    }
    const session = await server.connect({ keep: {}, reconnect: false, WebSocket: Held as never });
    const { transcript } = await session.opened;
    const half = SOUND.subarray(0, 24_000);
    session.send(half);
    await new Promise<void>((resolve) => session.on('partial', () => resolve()));
    t.equal(store.read('', transcript!)?.sentences.length, 0, 'in the middle of a sentence');
    if (how === 'says goodbye') session.close();
    else sockets[0]!.terminate();
    await until(() => store.read('', transcript!)?.sentences.length === 1);
    await until(() => server.registry.size === 0);
    t.match(store.read('', transcript!)?.sentences[0], { text: /^Hello/ });
    await server.close();
  });
}

t.test('a key reads its own transcripts alone, also when its minutes are used up', async (t) => {
  const { recorder, store } = memoryRecorder();
  const identityOf = (key: string) => ({
    key,
    scopes: ['transcripts'],
    sessionsMax: undefined,
    quota: { minutes: 0 },
    countAudio: () => true,
  });
  const purposes: string[] = [];
  const access = {
    needsKey: true,
    authenticate: async (credential: string | undefined, purpose: string) => {
      purposes.push(purpose);
      return identityOf(credential ?? '');
    },
    reauthenticate: async (credential: string | undefined) => identityOf(credential ?? ''),
    mintToken: () => Promise.reject(new Error('no')),
  } as unknown as Authenticator;
  const server = await openScriptedServer(WORDS, 8, { recorder, access });
  const created = store.create('a', { title: 'Mine', startedMs: 0 });
  const id = typeof created === 'string' ? t.fail(created) : created.id;
  const get = (key: string, path: string) =>
    fetch(`${server.url}/v1/transcripts${path}`, { headers: { authorization: `Bearer ${key}` } });
  t.equal((await get('a', `/${id}`)).status, 200);
  t.equal((await get('b', `/${id}`)).status, 404);
  t.same(await (await get('b', '')).json(), { transcripts: [] });
  t.same([...new Set(purposes)], ['transcripts']);
  await server.close();
});
