import t from 'tap';
import { WebSocket } from 'ws';
import { Transcript } from '../../client/sdk/index.ts';
import { converse, finalsOf, openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay, until } from '../support/until.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am um fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);

t.test('speech becomes partials, finals in order, cleaned sentences and done', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const session = await server.connect({ partials: { everyMs: 100 } });
  const events = await converse(session, SOUND, 800);
  const transcript = new Transcript();
  t.doesNotThrow(() => {
    for (const event of events) transcript.read(event);
  }, 'no event breaks the contract');
  t.same(finalsOf(events), ['Hello there.', 'How are you?', 'I am um fine.']);
  t.equal(transcript.text(), 'Hello there. How are you? I am fine.');
  t.same(
    events.map((event) => event.seq),
    events.map((_, i) => i + 1),
    'seq has no gap',
  );
  t.equal(events[0]?.type, 'ready');
  t.equal(events.at(-1)?.type, 'done');
  t.equal((await session.closed).code, 1000);
  t.equal((await session.finish()).type, 'done', 'a session that has ended tells it to whoever asks again');
});

t.test('flush finalises what was said and is answered with its id', async (t) => {
  const server = await openScriptedServer(script('one two three', 0.6));
  t.teardown(() => server.close());
  const session = await server.connect();
  const seen: string[] = [];
  session.on('final', ({ text }) => seen.push(text));
  session.send(sound(1.6, [[0.5, 1.6]]));
  const flushed = await session.flush();
  t.equal(flushed.audioMs, 1_600);
  t.same(seen, ['one two three'], 'before any silence');
  await session.finish();
});

t.test('a block of a microphone that comes after finish ends nothing', async (t) => {
  const server = await openScriptedServer(script('one two three', 0.6));
  t.teardown(() => server.close());
  const session = await server.connect();
  const faults: string[] = [];
  session.on('fault', ({ code }) => faults.push(code));
  session.send(sound(1.6, [[0.5, 1.6]]));
  const done = session.finish();
  session.send(new Int16Array(480));
  await done;
  t.same(faults, []);
  t.equal((await session.closed).code, 1000);
});

t.test('sessions run side by side, and a slow one does not hold another up', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const slow = await server.connect();
  slow.send(SOUND.subarray(0, 16_000));
  const quick = await converse(await server.connect(), SOUND);
  t.equal(finalsOf(quick).length, 3);
  slow.close();
});

t.test('a recogniser that fails again and again loses no word', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  server.recogniser.failNext(2);
  const events = await converse(await server.connect({ partials: { mode: 'off' } }), SOUND);
  t.same(finalsOf(events), ['Hello there.', 'How are you?', 'I am um fine.']);
});

t.test('audio sent as fast as it goes is not lost when decoding is slow', async (t) => {
  const words = Array.from({ length: 20 }, (_, i) => script('So it goes.', i * 3 + 0.6)).flat();
  const server = await openScriptedServer(words);
  t.teardown(() => server.close());
  let open = (): void => {};
  server.recogniser.holdAnswers(
    new Promise((resolve) => {
      open = resolve;
    }),
  );
  const session = await server.connect({ partials: { mode: 'off' } });
  const all = sound(
    60,
    Array.from({ length: 20 }, (_, i) => [i * 3 + 0.5, i * 3 + 1.7] as const),
  );
  const conversation = converse(session, all, 16_000);
  void simulateDelay(300).then(open);
  t.equal(finalsOf(await conversation).length, 20);
});

t.test('two channels are two speakers with their own sentences', async (t) => {
  const server = await openScriptedServer(script('Me and them.', 0.6));
  t.teardown(() => server.close());
  const mono = sound(2, [[0.5, 1.6]]);
  const stereo = new Int16Array(mono.length * 2);
  for (let i = 0; i < mono.length; i++) stereo[i * 2 + 1] = mono[i]!;
  const audio = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 2, channelMode: 'separate' } as const;
  const events = await converse(await server.connect({ audio }), stereo, 3_200);
  const finals = events.filter((event) => event.type === 'final');
  t.same(
    finals.map(({ channel, text }) => [channel, text]),
    [[1, 'Me and them.']],
  );
});

/** Speaks raw frames and returns what came back. */
async function raw(url: string, frames: readonly (string | Uint8Array)[], headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream`, ['sotto.v1'], { headers });
  const got: { type: string; code?: string; text?: string; fatal?: boolean }[] = [];
  socket.on('message', (data) => got.push(JSON.parse(String(data))));
  socket.on('open', () => {
    for (const frame of frames) socket.send(frame);
  });
  const code = await new Promise<number>((resolve) => {
    socket.on('close', resolve);
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
  });
  return { got, code, fault: got.find(({ type }) => type === 'fault') };
}

t.test('bad input gets a clear fault', async (t) => {
  const server = await openScriptedServer([]);
  t.teardown(() => server.close());
  const cases: readonly [frames: readonly (string | Uint8Array)[], fault: string, close: number][] = [
    [['nonsense'], 'command.unreadable', 1007],
    [['[1]'], 'command.unreadable', 1007],
    [['{}'], 'command.unreadable', 1007],
    [['{"type":"dance"}'], 'command.unknown', 1007],
    [['{"type":"finish"}'], 'command.out-of-order', 1002],
    [[new Uint8Array(10)], 'command.out-of-order', 1002],
    [['{"type":"start","audio":{"encoding":"mp3"}}'], 'audio.format', 1003],
    [['{"type":"start","audio":{"sampleRate":7000}}'], 'audio.format', 1003],
    [['{"type":"start","language":"xx"}'], 'command.option', 1007],
    [['{"type":"start","model":"other"}'], 'model.unknown', 1011],
    [['{"type":"start","resume":{"session":"a","secret":"b","seq":0}}'], 'session.unknown', 1008],
  ];
  for (const [frames, fault, close] of cases) {
    const result = await raw(server.url, frames);
    t.match([result.fault?.code, result.code], [fault, close], `${frames[0]}: ${result.fault?.text}`);
  }
  t.equal(server.registry.size, 0, 'and leaves no session behind');
});

t.test('unknown fields are ignored, a bad configure changes nothing and ends nothing', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const frames = [
    '{"type":"start","shoe":44}',
    '{"type":"configure","partials":{"everyMs":-1}}',
    '{"type":"keepalive","hat":1}',
    '{"type":"finish"}',
  ];
  const { got, code, fault } = await raw(server.url, frames);
  t.equal(fault?.code, 'command.option');
  t.equal(fault?.fatal, false);
  t.equal(got.at(-1)?.type, 'done');
  t.equal(code, 1000);
});

t.test('a full server refuses before the upgrade, and lets in again when a session has ended', async (t) => {
  const server = await openScriptedServer([], 1);
  t.teardown(() => server.close());
  const first = await server.connect();
  t.equal((await raw(server.url, [])).code, 503);
  first.close();
  await first.closed;
  await t.resolves(server.connect().then((session) => session.finish()));
});

t.test('pages of other origins and foreign host names are refused', async (t) => {
  const server = await openScriptedServer([]);
  t.teardown(() => server.close());
  t.equal((await raw(server.url, [], { origin: 'https://evil.example' })).code, 403);
  t.equal((await raw(server.url, [], { host: 'evil.example' })).code, 403);
  t.equal((await fetch(server.url)).headers.get('content-security-policy')?.includes("default-src 'none'"), true);
  t.equal((await fetch(`${server.url}/v1/info`)).status, 200);
  t.equal((await fetch(`${server.url}/%2e%2e/package.json`)).status, 404);
  t.equal((await fetch(`${server.url}/healthz`, { method: 'POST' })).status, 404);
});

t.test('a client that vanishes frees its session', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const session = await server.connect();
  session.send(SOUND);
  session.close();
  await session.closed;
  await until(() => server.registry.size === 0);
  t.equal(server.registry.size, 0);
});

t.test('a draining server finalises live sessions and refuses new ones', async (t) => {
  const server = await openScriptedServer(script('last words', 0.6));
  t.teardown(() => server.close());
  const session = await server.connect();
  const finals: string[] = [];
  session.on('final', ({ text }) => finals.push(text));
  session.send(sound(1.3, [[0.5, 1.3]]));
  await session.flush();
  server.gateway.drain();
  t.equal((await raw(server.url, [])).code, 503);
  await server.registry.drain(new Promise(() => {}));
  t.same(finals, ['last words']);
  t.equal((await session.closed).code, 1000);
});
