import t from 'tap';
import { WebSocket } from 'ws';
import { type ServerEvent, Transcript } from '../../client/sdk/index.ts';
import { openCuttingProxy } from '../support/cutting-proxy.ts';
import { groupByType } from '../support/group-by-type.ts';
import { randomFrom } from '../support/random.ts';
import {
  converse,
  finalsOf,
  openScriptedServer,
  type ScriptedServer,
  script,
  sound,
} from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

const SENTENCES = 12;
const WORDS = Array.from({ length: SENTENCES }, (_, i) => script(`Now comes um sentence ${i}.`, i * 3 + 0.6)).flat();
const SOUND = sound(
  SENTENCES * 3,
  Array.from({ length: SENTENCES }, (_, i) => [i * 3 + 0.5, i * 3 + 2.2] as const),
);
async function settled(server: ScriptedServer): Promise<void> {
  await until(() => server.registry.size === 0);
}

for (const [name, audio, step] of [
  ['16 kHz', undefined, 1_601],
  ['44.1 kHz stereo', { encoding: 'pcm_s16le', sampleRate: 44_100, channels: 2, channelMode: 'mix' } as const, 9_001],
] as const) {
  t.test(`the transcript of ${name} with cuts at random bytes is the one without`, async (t) => {
    const server = await openScriptedServer(WORDS);
    t.teardown(() => server.close());
    const samples = audio === undefined ? SOUND : stretched(SOUND, 44_100);
    const start = { partials: { mode: 'off' }, ...(audio === undefined ? {} : { audio }) } as const;
    const whole = groupByType(await converse(await server.connect(start), samples, step));
    t.equal(whole['final']?.length, SENTENCES);
    let cuts = 0;
    for (let seed = 1; seed <= 2; seed++) {
      const random = randomFrom(seed);
      const proxy = await openCuttingProxy(server.url, {
        cutsMax: 25,
        budget: () => ({ up: Math.floor(random() ** 3 * 200_000), down: Math.floor(random() ** 2 * 8_000) }),
      });
      const session = await server.connect({ ...start, url: proxy.url });
      const events = await converse(session, samples, step);
      cuts += proxy.cuts;
      t.same(groupByType(events), whole, `seed ${seed}, ${proxy.cuts} cuts`);
      t.same(
        events.map(({ seq }) => seq),
        events.map((_, i) => i + 1),
        'no event is missing and none comes twice',
      );
      await proxy.close();
    }
    t.ok(cuts > 20, `${cuts} cuts`);
    await settled(server);
  });
}

t.test('partials keep the contract over cuts, and flush is answered once', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const random = randomFrom(99);
  const proxy = await openCuttingProxy(server.url, {
    cutsMax: 30,
    budget: () => ({ up: Math.floor(random() * 90_000), down: Math.floor(random() * 6_000) }),
  });
  t.teardown(() => proxy.close());
  const session = await server.connect({ url: proxy.url, partials: { everyMs: 100 } });
  const flushes: Promise<{ audioMs: number }>[] = [];
  const transcript = new Transcript();
  const reading = (async () => {
    for await (const event of session) transcript.read(event);
  })();
  for (let at = 0; at < SOUND.length; at += 1_600) {
    session.send(SOUND.subarray(at, at + 1_600));
    if (at % 96_000 === 48_000) flushes.push(session.flush());
    await session.sent();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const done = await session.finish();
  await reading;
  t.same(
    (await Promise.all(flushes)).map(({ audioMs }) => audioMs),
    flushes.map((_, i) => i * 6_000 + 3_100),
    'each where it was said',
  );
  t.equal(done.sentences, SENTENCES);
  t.equal(transcript.sentences.length, SENTENCES);
  t.ok(proxy.cuts > 5, `${proxy.cuts} cuts`);
});

interface Raw {
  readonly socket: WebSocket;
  readonly events: (ServerEvent & { type: string })[];
  readonly closed: Promise<{ code: number; reason: string }>;
  waitFor(type: string): Promise<ServerEvent & Record<string, unknown>>;
}

async function raw(server: ScriptedServer, first: object, query = ''): Promise<Raw> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream${query}`, ['sotto.v1']);
  const events: ServerEvent[] = [];
  socket.on('message', (data) => {
    events.push(JSON.parse(String(data)));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve, reject) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    socket.on('unexpected-response', (_, response) => reject(new Error(String(response.statusCode))));
    socket.on('error', () => {});
  });
  await Promise.race([new Promise((resolve) => socket.once('open', resolve)), closed]);
  socket.send(JSON.stringify({ type: 'start', ...first }));
  const waitFor = async (type: string) => {
    await until(() => events.some((event) => event.type === type), { what: `"${type}" comes`, everyMs: 1 });
    return events.find((event) => event.type === type) as ServerEvent & Record<string, unknown>;
  };
  return { socket, events, closed, waitFor };
}

const resumeOf = (ready: Record<string, unknown>, seq = 1) => ({
  session: ready['session'] as string,
  secret: ready['secret'] as string,
  seq,
});

t.test('a second connection takes over a half-open one, and a torn sample is sent again', async (t) => {
  const server = await openScriptedServer(script('one two', 0.6), 1);
  t.teardown(() => server.close());
  const old = await raw(server, {});
  const resume = resumeOf(await old.waitFor('ready'));
  const bytes = new Uint8Array(sound(2, [[0.5, 1.4]]).buffer);
  old.socket.send(bytes.subarray(0, 32_001));
  await old.waitFor('ack');
  await t.rejects(raw(server, {}), { message: '503' }, 'the session takes the only place');
  const next = await raw(server, { resume: { ...resume, seq: 99 } }, `?resume=${resume.session}`);
  await next.waitFor('fault');
  t.equal((await next.closed).code, 1008, 'nobody has read what was not written');
  const other = await raw(server, {}, `?resume=${resume.session}`);
  t.match(await other.waitFor('fault'), { code: 'session.unknown' }, 'the way back in starts no other session');
  const back = await raw(server, { resume }, `?resume=${resume.session}`);
  t.match(await back.waitFor('resumed'), { seq: 1, samples: 16_000, audioMs: 1_000, commands: 0 });
  t.match(await old.closed, { code: 1008, reason: 'session.moved' });
  back.socket.send(bytes.subarray(32_000));
  back.socket.send('{"type":"finish"}');
  t.match(await back.waitFor('final'), { text: 'one two' });
  t.equal((await back.waitFor('done'))['audioMs'], 2_000);
  t.equal((await back.closed).code, 1000);
});

t.test('what a client gave up and a bad line delivers late takes nothing over, and is no goodbye', async (t) => {
  const server = await openScriptedServer(script('one two', 0.6), 1);
  t.teardown(() => server.close());
  const old = await raw(server, {});
  const resume = resumeOf(await old.waitFor('ready'));
  old.socket.close(4000);
  const second = await raw(
    server,
    { resume: { ...resume, attempt: { of: 'x', number: 2 } } },
    `?resume=${resume.session}`,
  );
  await second.waitFor('resumed');
  const first = await raw(
    server,
    { resume: { ...resume, attempt: { of: 'x', number: 1 } } },
    `?resume=${resume.session}`,
  );
  t.match(await first.waitFor('fault'), { code: 'session.moved' });
  second.socket.send(sound(2, [[0.5, 1.4]]));
  second.socket.send('{"type":"finish"}');
  t.match(await second.waitFor('final'), { text: 'one two' });
  t.equal((await second.closed).code, 1000);
});

t.test('only who has the secret comes back, and a lost done can be fetched', async (t) => {
  const server = await openScriptedServer(script('one two', 0.6));
  t.teardown(() => server.close());
  const one = await raw(server, {});
  const resume = resumeOf(await one.waitFor('ready'));
  for (const wrong of [{ secret: 'x' }, { session: 'x' }, { secret: '' }]) {
    const stranger = await raw(server, { resume: { ...resume, ...wrong } });
    t.match(await stranger.waitFor('fault'), { code: 'session.unknown', fatal: true });
  }
  one.socket.send(sound(2, [[0.5, 1.4]]));
  one.socket.send('{"type":"finish"}');
  one.socket.terminate();
  await settled(server);
  const back = await raw(server, { resume });
  t.match(await back.waitFor('resumed'), { commands: 1, samples: 32_000 });
  t.same(finalsOf(back.events), ['one two']);
  t.equal(back.events.at(-1)?.type, 'done');
  t.equal((await back.closed).code, 1000);
  const late = await raw(server, { resume });
  t.match(await late.waitFor('fault'), { code: 'session.unknown' }, 'after the goodbye it is forgotten');
});

t.test('after the grace time a session is finalised, and can still be fetched for a while', async (t) => {
  const server = await openScriptedServer(script('one two', 0.6), 8, { graceMs: 300 });
  t.teardown(() => server.close());
  const one = await raw(server, {});
  const resume = resumeOf(await one.waitFor('ready'));
  one.socket.send(sound(2, [[0.5, 2]]));
  await one.waitFor('ack');
  one.socket.terminate();
  await settled(server);
  const back = await raw(server, { resume });
  await back.waitFor('done');
  t.same(finalsOf(back.events), ['one two']);
});

t.test('with no grace time a session ends with its connection, and the client learns it at once', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { graceMs: 0 });
  t.teardown(() => server.close());
  const proxy = await openCuttingProxy(server.url, { cutsMax: 1, budget: () => ({ up: 50_000, down: 1e9 }) });
  t.teardown(() => proxy.close());
  const session = await server.connect({ url: proxy.url });
  const lines: string[] = [];
  session.onConnection(({ state }) => lines.push(state));
  await t.rejects(converse(session, SOUND), { message: /connection ended \(1006\)/ });
  t.same(lines, []);
  await settled(server);
});

/** The same sound at another rate, in two channels. */
function stretched(samples: Int16Array, rate: number): Int16Array {
  const length = Math.floor((samples.length * rate) / 16_000);
  return Int16Array.from({ length: length * 2 }, (_, i) => samples[Math.floor(((i >> 1) * 16_000) / rate)]!);
}
