import { writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { LIMITS, type ServerEvent, type ViewerEvent } from '../../protocol/index.ts';
import { revokeKey } from '../../server/access/keys.ts';
import { Rooms } from '../../server/flow/rooms.ts';
import { silentMeter } from '../../server/flow/silent-meter.ts';
import { openKeyedServer } from '../support/keyed-server.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { converse, script, sound, type TestEndpoint, uws, ws } from '../support/scripted-server.ts';
import { NO_UWS, runsUws } from '../support/uws.ts';
import { type Viewing, watchEvents, watchSocket } from '../support/viewing.ts';

const WORDS = script('One two three.', 0.6);
const SOUND = sound(4, [[0.5, 1.7]]);
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
const isWord = ({ type }: ViewerEvent): boolean => type === 'partial' || type === 'final' || type === 'speech';
const final = (text: string): ServerEvent => ({
  ...{ type: 'final', seq: 1, channel: 0, sentence: 1, text, words: [], fromMs: 0, toMs: 1, language: 'en' },
});
const codeOf = ({ events }: Viewing): unknown => events.find(({ type }) => type === 'fault');

type Made = Awaited<ReturnType<typeof openKeyedServer>>;

/** Every way to read a room over a connection that stays open. */
const WAYS: Readonly<Record<string, (url: string, credential: string) => Promise<Viewing>>> = {
  'a WebSocket': (url, credential) => watchSocket(url, 'hall', credential),
  'server-sent events': (url, credential) => watchEvents(url, 'hall/events', bearer(credential)),
};

async function read({ server }: Made, path: string, credential: string) {
  const response = await fetch(`${server.url}/v1/rooms/hall/${path}`, { headers: bearer(credential) });
  return { status: response.status, text: await response.text() };
}

async function link(made: Made, credential: string, seconds?: number) {
  const response = await fetch(`${made.server.url}/v1/rooms/hall/viewers`, {
    ...{ method: 'POST', headers: bearer(credential), body: JSON.stringify(seconds === undefined ? {} : { seconds }) },
  });
  return {
    status: response.status,
    ...((await response.json()) as { token: string; expires?: string; code?: string }),
  };
}

function contract(name: string, transport: TestEndpoint['transport']): void {
  const open = (t: Test, more: TestEndpoint = {}): Promise<Made> =>
    openKeyedServer(t, WORDS, { ...(transport === undefined ? {} : { transport }), ...more });

  for (const [way, begin] of Object.entries(WAYS)) {
    t.test(
      `${name}, ${way}: who waits in an empty room reads nothing of another key that comes to speak`,
      async (t) => {
        const made = await open(t);
        const [mine, other] = [made.addKey('mine'), made.addKey('other')];
        const viewers = [
          await begin(made.server.url, other),
          await begin(made.server.url, (await link(made, other)).token),
        ];
        const own = await begin(made.server.url, mine);
        for (const each of [...viewers, own]) await each.waitFor(({ type }) => type === 'room');
        const session = await made.server.connect({ room: 'hall', credential: mine });
        await converse(session, SOUND);
        await own.waitFor(({ type }) => type === 'final');
        for (const each of viewers) {
          await Promise.race([each.over, each.waitFor(isWord)]);
          t.match(codeOf(each), { code: 'auth.denied', retry: 'never' });
          t.same(each.events.filter(isWord), [], 'not a word');
          t.notOk(JSON.stringify(each.events).includes(session.ready.session), 'nor who speaks');
        }
        own.close();
      },
    );

    t.test(`${name}, ${way}: a key or token that ends sends away who watches with it, and nobody else`, async (t) => {
      const made = await open(t);
      const [lost, kept] = [made.addKey('lost'), made.addKey('kept')];
      const lives: [string, string][] = [
        ['the key', lost],
        ['its token', await made.mint(lost, ['viewers'])],
        ['a link made with it', (await link(made, lost)).token],
        ['a link made with its token', (await link(made, await made.mint(lost, ['viewers']))).token],
      ];
      const ended = await Promise.all(lives.map(([, credential]) => begin(made.server.url, credential)));
      const stays = await begin(made.server.url, kept);
      for (const each of [...ended, stays]) await each.waitFor(({ type }) => type === 'room');
      revokeKey(made.file, 'lost', Date.now());
      for (const [at, each] of ended.entries()) {
        await each.over;
        t.match(codeOf(each), { code: at < 2 ? 'auth.invalid' : 'viewer.revoked' }, lives[at]![0]);
      }
      t.equal(made.server.rooms.viewers, 1);
      stays.close();
      for (const [what, credential] of lives) t.not((await read(made, 'transcript', credential)).status, 200, what);
    });

    t.test(`${name}, ${way}: what is watched with a token ends with it, and what its link shows`, async (t) => {
      const made = await open(t);
      const key = made.addKey('mine');
      const token = await made.mint(key, ['viewers'], 60);
      const short = await link(made, token, 86_400);
      t.ok(Date.parse(short.expires!) <= Date.now() + 61_000, 'no longer than its token');
      const always = await link(made, key);
      t.equal(always.expires, undefined, 'made with a key it lasts');
      const ended = [await begin(made.server.url, token), await begin(made.server.url, short.token)];
      const stays = await begin(made.server.url, always.token);
      for (const each of [...ended, stays]) await each.waitFor(({ type }) => type === 'room');
      made.pass(61);
      for (const each of ended) {
        await each.over;
        t.match(codeOf(each), { code: 'auth.expired' });
      }
      t.equal(made.server.rooms.viewers, 1);
      stays.close();
    });
  }

  t.test(`${name}: text and captions of a room are its own key's, whoever asked for them first`, async (t) => {
    const made = await open(t);
    const [mine, other] = [made.addKey('mine'), made.addKey('other')];
    const paths = ['transcript', 'captions.m3u8', 'captions/1.vtt'];
    // An empty room is anybody's to wait in.
    for (const credential of [other, mine])
      for (const path of paths.slice(0, 2)) t.equal((await read(made, path, credential)).status, 200, path);
    await converse(await made.server.connect({ room: 'hall', credential: mine }), SOUND);
    t.match((await read(made, 'transcript', mine)).text, 'One two three.');
    for (const path of paths) t.equal((await read(made, path, other)).status, 403, path);
  });
}

contract('ws', ws);
if (runsUws) contract('uWebSockets.js', uws);
else t.test('uWebSockets.js', { skip: NO_UWS }, async () => {});

t.test('naming a room, waiting in it and speaking no word there holds it for nobody', async (t) => {
  const made = await openKeyedServer(t, WORDS);
  const [mine, other] = [made.addKey('mine'), made.addKey('other')];
  await link(made, other);
  const waiting = await watchEvents(made.server.url, 'hall/events', bearer(other));
  const silent = await made.server.connect({ room: 'hall', credential: other });
  await t.rejects(made.server.connect({ room: 'hall', credential: mine }), { code: 'auth.denied' }, 'while it is open');
  await silent.finish();
  const session = await made.server.connect({ room: 'hall', credential: mine });
  await waiting.over;
  await converse(session, SOUND);
  await t.rejects(made.server.connect({ room: 'hall', credential: other }), { code: 'auth.denied' }, 'words do');
});

t.test('a room that another key takes over later shows nothing of the one before', async (t) => {
  const clock = new ManualClock();
  const later: (() => void)[] = [];
  const own = new Rooms({
    clock,
    meter: silentMeter,
    wallMs: () => 1_000 + clock.nowMs(),
    runLater: (run) => later.push(run),
  });
  const speaking = (session: string, key: string) => ({ session, key, language: 'en' });
  const first = own.enter('hall', speaking('a', 'one'));
  first.publish([final('Mine.')]);
  first.leave();
  const seen: ViewerEvent[] = [];
  const watcher = {
    queuedBytes: () => 0,
    send: ({ body }: { body: ViewerEvent }) => void seen.push(body),
    disconnect: () => {},
  };
  // The operator's own display reads every key's words, and keeps the room in being.
  own.subscribe('hall', { from: 'now' }, { ...watcher, findRefusal: () => undefined });
  t.throws(() => own.enter('hall', speaking('b', 'two')), { code: 'auth.denied' }, 'for a while it is the first key’s');
  clock.pass(LIMITS.roomIdleMs + 1);
  t.throws(
    () => own.checkReader('hall', 'two'),
    { code: 'auth.denied' },
    'nor does time alone show its text to others',
  );
  own.enter('hall', speaking('b', 'two'));
  t.doesNotThrow(() => own.checkReader('hall', 'two'));
  t.throws(() => own.checkReader('hall', 'one'), { code: 'auth.denied' });
  t.notOk(JSON.stringify(own.find('hall')!.events.map(({ body }) => body)).includes('Mine.'));
});

t.test('one key cannot hold any number of rooms, nor use up the viewer tokens of all', async (t) => {
  const clock = new ManualClock();
  const rooms = new Rooms({ clock, meter: silentMeter, wallMs: () => clock.nowMs(), runLater: () => {} });
  for (let i = 0; i <= LIMITS.roomsPerKeyMax; i++) {
    const speaker = rooms.enter(`room-${i}`, { session: `s${i}`, key: 'one', language: 'en' });
    speaker.publish([final('x')]);
    clock.pass(1);
    speaker.leave();
  }
  t.doesNotThrow(() => rooms.checkSpeaker('room-0', 'two'), 'the oldest is free again');
  t.throws(() => rooms.checkSpeaker('room-1', 'two'), { code: 'auth.denied' });
  const made = await openKeyedServer(t);
  const [mine, other] = [made.addKey('mine'), made.addKey('other')];
  const id = mine.slice(6, 14);
  const stored = Array.from({ length: LIMITS.viewerTokensPerKeyMax }, (_, i) => ({
    ...{ id: i.toString(16).padStart(12, '0'), room: 'hall', key: id, hash: '0'.repeat(64) },
    created: new Date().toISOString(),
  }));
  writeFileSync(made.viewerTokens.path, JSON.stringify({ version: 1, viewers: stored }), { mode: 0o600 });
  t.match(await link(made, mine), { status: 503, code: 'viewer.full' });
  t.match(await link(made, other), { status: 200, token: /^view_/ });
});

t.test('a token that may only stream does nothing else by another way', async (t) => {
  const made = await openKeyedServer(t, WORDS, { recorder: memoryRecorder().recorder });
  const key = made.addKey('mine');
  const own = await made.server.connect({ credential: key, keep: {} });
  const transcript = (own.ready as { transcript?: string }).transcript;
  await converse(own, SOUND);
  t.ok(transcript);
  const token = await made.mint(key, ['stream']);
  await t.rejects(made.server.connect({ credential: token, keep: { transcript: transcript! } }), {
    code: 'auth.scope',
  });
  const session = await made.server.connect({ credential: token });
  const { session: id, secret } = session.ready;
  const ask = (credential: string) =>
    fetch(`${made.server.url}/v1/rooms/${id}/viewers`, { method: 'POST', headers: bearer(credential) });
  t.match(await (await ask(secret)).json(), { code: 'auth.scope' }, 'nor by the secret of its session');
  t.equal((await ask(key)).status, 200);
  session.close();
  const forged = `${token.split('.')[0]}.${Buffer.from(
    JSON.stringify({
      ...JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()),
      scope: 'stream transcripts viewers',
    }),
  ).toString('base64url')}.${token.split('.')[2]}`;
  const headers = bearer(forged);
  t.equal(
    (await fetch(`${made.server.url}/v1/transcripts`, { headers })).status,
    401,
    'nor with a scope written into it',
  );
  for (const scope of ['token', 'metrics', 'all', ''])
    await t.rejects(made.mint(key, [scope]), { message: /^400/ }, `no token is for ${scope || 'nothing'}`);
  await t.rejects(made.mint(made.addKey('small', ['stream', 'token']), ['transcripts']), {
    message: /^403.*auth\.scope/,
  });
});

t.test('resuming a session in the address does not admit an upload to any other endpoint', async (t) => {
  const made = await openKeyedServer(t, WORDS);
  const key = made.addKey('mine');
  const token = await made.mint(key, ['stream'], 60);
  const session = await made.server.connect({ credential: token });
  made.pass(61);
  const url = `${made.server.url}/v1/listen?resume=${session.ready.session}`;
  const response = await fetch(url, { method: 'POST', headers: bearer(token), body: new Uint8Array(64) });
  t.equal(response.status, 401);
  session.close();
});
