import t from 'tap';
import { WebSocket } from 'ws';
import { type Fault, resumeSession, type ServerEvent } from '../../client/sdk/index.ts';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';

const WORDS = script('one two three four five six seven eight nine ten', 0.5);
const SOUND = sound(8, [[0.4, 6]]);

/** What a page has when it is loaded anew: not the connection, only what it wrote down. */
async function partOfIt(url: string, connect: Awaited<ReturnType<typeof openScriptedServer>>['connect']) {
  const session = await connect({ reconnect: true });
  const events: ServerEvent[] = [];
  for (const type of ['partial', 'final'] as const) session.on(type, (event) => events.push(event));
  session.send(SOUND.subarray(0, 32_000));
  await new Promise<void>((resolve) => session.on('ack', ({ samples }) => samples >= 32_000 && resolve()));
  const kept = { ready: session.ready, seq: session.seq };
  t.equal(session.position, 32_000);
  return { session, events, kept, url };
}

t.test('a reloaded page resumes its session, and no event is repeated or left out', async (t) => {
  const server = await openScriptedServer(WORDS);
  const { session, events, kept } = await partOfIt(server.url, server.connect);
  // The old page goes without a word; its last sound was written down and never arrived.
  const audio = { fromSample: 32_000, bytes: new Uint8Array(SOUND.slice(32_000, 48_000).buffer) };
  const again = await resumeSession({ url: server.url, WebSocket: WebSocket as never }, { ...kept, audio });
  t.equal(again.position, 48_000, 'the kept sound was sent first');
  again.send(SOUND.subarray(48_000));
  const later: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of again) later.push(event);
  })();
  await again.finish();
  await reading;
  const all = [...events.filter(({ seq }) => seq <= kept.seq), ...later];
  t.equal(all.filter(({ type }) => type === 'ready').length, 0);
  const text = all.flatMap((event) => (event.type === 'final' ? [event.text] : [])).join(' ');
  t.match(text.toLowerCase().replaceAll(/[^a-z ]/g, ''), /^one two three .* ten$/);
  t.same(
    later.map(({ seq }) => seq),
    later.map((_, i) => kept.seq + 1 + i),
    'numbers go on without a gap',
  );
  session.close();
  await server.close();
});

t.test('a session that is gone is refused with its name', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { graceMs: 10_000 });
  const { session, kept } = await partOfIt(server.url, server.connect);
  await session.finish();
  const refused = await resumeSession({ url: server.url, WebSocket: WebSocket as never }, kept).catch(
    (error: Fault) => error,
  );
  t.equal((refused as Fault).code, 'session.unknown');
  await server.close();
});

for (const keeps of [true, false]) {
  t.test(`a page that is left ${keeps ? 'may come back when its words are kept' : 'has said goodbye'}`, async (t) => {
    const server = await openScriptedServer(WORDS);
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream`, ['sotto.v1']);
    const ready = await new Promise<ServerEvent & { type: 'ready' }>((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify({ type: 'start', ...(keeps ? { keep: {} } : {}) })));
      socket.on('message', (text) => resolve(JSON.parse(String(text))));
    });
    socket.close(1001);
    await new Promise((resolve) => socket.on('close', resolve));
    const back = await resumeSession(
      { url: server.url, WebSocket: WebSocket as never },
      { ready, seq: ready.seq },
    ).then(
      (session) => session.finish(),
      (error: Fault) => error,
    );
    if (keeps) t.equal((back as ServerEvent).type, 'done');
    else t.equal((back as Fault).code, 'session.unknown');
    await server.close();
  });
}
