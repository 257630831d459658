import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { VIEW_SUBPROTOCOL } from '../../protocol/index.ts';
import { ApiKeyAuth } from '../../server/access/api-key-auth.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { addKey } from '../../server/access/keys.ts';
import { UsageCounter } from '../../server/access/usage.ts';
import { ViewerTokenFile } from '../../server/access/viewer-token-file.ts';
import { runViewers } from '../../server/admin/viewers.ts';
import {
  converse,
  openScriptedServer,
  script,
  silentLog,
  sound,
  type TestEndpoint,
} from '../support/scripted-server.ts';
import { finalTexts, watch, watchEvents } from '../support/viewing.ts';

const WORDS = [...script('One um two three.', 0.6), ...script('Four five six.', 3.6)];
const SOUND = sound(6, [
  [0.5, 2],
  [3.5, 5],
]);

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A server that wants keys, with two of them. */
async function open(t: Test, endpoint: TestEndpoint = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-viewers-'));
  let nowMs = Date.now();
  const file = new KeyFile(folder);
  const access = new ApiKeyAuth(file, new UsageCounter(folder, Date.now, silentLog), Date.now);
  const viewerTokens = new ViewerTokenFile(folder, () => nowMs);
  const server = await openScriptedServer(WORDS, 8, { access, viewerTokens, ...endpoint });
  t.teardown(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const keyOf = (name: string): string => addKey(file, { name, scopes: ['stream', 'viewers'] }, Date.now()).text;
  const [key, other] = [keyOf('one'), keyOf('two')];
  const ask = async (method: string, path: string, credential?: string, body?: unknown): Promise<Answer> => {
    const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${server.url}/v1/rooms/${path}`, { method, headers, ...sent });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const pass = (seconds: number): void => {
    nowMs += seconds * 1_000;
  };
  return { server, folder, key, other, ask, pass };
}

t.test('a token lets its bearer read its room and nothing else', async (t) => {
  const { server, key, ask } = await open(t);
  const { status, body } = await ask('POST', 'stage/viewers', key, { label: 'OBS', seconds: 3_600 });
  t.equal(status, 200);
  t.match(body, { id: /^[0-9a-f]{12}$/, token: /^view_/, room: 'stage', label: 'OBS', expires: /Z$/ });
  const token = String(body['token']);
  const session = await server.connect({ room: 'stage', credential: key });
  const byLine = watch(server.url, 'stage', { token });
  const byUrl = await watchEvents(server.url, `stage/events?token=${token}`);
  const byHeader = await watchEvents(server.url, 'stage/events', { authorization: `Bearer ${token}` });
  await byLine.waitFor(({ type }) => type === 'room');
  await converse(session, SOUND);
  for (const { events, waitFor } of [byLine, byUrl, byHeader]) {
    await waitFor(() => finalTexts(events).length === 2);
    t.same(finalTexts(events), ['One um two three.', 'Four five six.']);
  }
  await t.rejects(watchEvents(server.url, `lobby/events?token=${token}`), { message: /^403.*auth\.denied/ });
  await t.rejects(server.connect({ credential: token }), { code: 'auth.invalid' }, 'it opens no session');
  t.equal((await ask('POST', 'stage/viewers', token)).status, 401, 'nor makes another one');
  t.equal((await ask('GET', 'stage/viewers', token)).status, 401);
  for (const each of [byLine, byUrl, byHeader]) each.close();
});

t.test('without a token, or with a wrong one, nobody reads where keys are needed', async (t) => {
  const { server, key } = await open(t);
  await t.rejects(watchEvents(server.url, 'stage/events'), { message: /^401.*auth\.missing/ });
  const wrong = `view_${'0'.repeat(12)}_${'A'.repeat(43)}`;
  await t.rejects(watchEvents(server.url, `stage/events?token=${wrong}`), { message: /^401.*auth\.invalid/ });
  await t.rejects(
    watchEvents(server.url, `stage/events?token=${key}`),
    { message: /^401/ },
    'a key is not taken from the URL',
  );
  const viewer = watch(server.url, 'stage', { token: wrong });
  await viewer.over;
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/rooms/stage`, VIEW_SUBPROTOCOL);
  const [text, status] = await new Promise<[string, number]>((resolve) => {
    let first = '';
    socket.on('message', (data) => {
      first ||= String(data);
    });
    socket.once('close', (code) => resolve([first, code]));
  });
  t.match(JSON.parse(text), { type: 'fault', code: 'auth.missing', retry: 'never' }, 'a page gets the reason');
  t.equal(status, 1008);
});

t.test('a token that is revoked sends away who watches with it, and only them', async (t) => {
  const { server, key, ask } = await open(t);
  const { body: first } = await ask('POST', 'stage/viewers', key);
  const { body: second } = await ask('POST', 'stage/viewers', key);
  const cut = watch(server.url, 'stage', { token: String(first['token']) });
  const cutToo = await watchEvents(server.url, `stage/events?token=${first['token']}`);
  const stays = await watchEvents(server.url, `stage/events?token=${second['token']}`);
  for (const each of [cut, cutToo, stays]) await each.waitFor(({ type }) => type === 'room');
  const { body: list } = await ask('GET', 'stage/viewers', key);
  t.match(list, { viewers: [{ id: first['id'] }, { id: second['id'] }] });
  t.notOk(JSON.stringify(list).includes('view_'), 'tokens are shown once');
  t.equal((await ask('DELETE', `stage/viewers/${first['id']}`, key)).status, 200);
  await Promise.all([cut.over, cutToo.over]);
  t.match(cutToo.events.at(-1), { type: 'fault', code: 'viewer.revoked', retry: 'never' });
  t.equal(server.rooms.viewers, 1);
  await t.rejects(watchEvents(server.url, `stage/events?token=${first['token']}`), {
    message: /^403.*viewer\.revoked/,
  });
  t.equal((await ask('DELETE', `stage/viewers/${first['id']}`, key)).status, 404);
  const { body: left } = await ask('GET', 'stage/viewers', key);
  t.same(
    (left['viewers'] as { id: string }[]).map(({ id }) => id),
    [second['id']],
  );
  stays.close();
});

t.test('a token that runs out lets nobody in any more', async (t) => {
  const { server, key, ask, pass } = await open(t);
  const { body } = await ask('POST', 'stage/viewers', key, { seconds: 60 });
  const viewer = await watchEvents(server.url, `stage/events?token=${body['token']}`);
  viewer.close();
  pass(61);
  await t.rejects(watchEvents(server.url, `stage/events?token=${body['token']}`), { message: /^401.*auth\.expired/ });
  t.same((await ask('GET', 'stage/viewers', key)).body, { viewers: [] });
});

t.test('a token for a room reserves nothing: the room is whose session speaks there', async (t) => {
  const { server, key, other, ask } = await open(t);
  const { body } = await ask('POST', 'stage/viewers', key);
  const session = await server.connect({ room: 'stage', credential: other });
  await t.rejects(watchEvents(server.url, `stage/events?token=${body['token']}`), { message: /^403/ });
  await t.rejects(watchEvents(server.url, 'stage/events', { authorization: `Bearer ${key}` }), { message: /^403/ });
  await t.rejects(server.connect({ room: 'stage', credential: key }), { code: 'auth.denied' });
  t.equal((await ask('POST', 'stage/viewers', key)).status, 403);
  t.same((await ask('GET', 'stage/viewers', other)).body, { viewers: [] }, 'nor does it see tokens of the other key');
  t.equal((await ask('DELETE', `stage/viewers/${body['id']}`, other)).status, 404);
  const own = await watchEvents(server.url, 'stage/events', { authorization: `Bearer ${other}` });
  own.close();
  session.close();
});

t.test('who holds the secret of a session may let others read it', async (t) => {
  const { server, key, ask } = await open(t);
  const session = await server.connect({ credential: key });
  const { session: id, secret } = session.ready;
  t.equal((await ask('POST', `${id}/viewers`, 'wrong')).status, 401);
  const { body } = await ask('POST', `${id}/viewers`, secret);
  const viewer = await watchEvents(server.url, `${id}/events?token=${body['token']}`);
  t.match(await viewer.waitFor(({ type }) => type === 'room'), { state: 'live', sessions: [id] });
  t.equal((await ask('POST', 'stage/viewers', secret)).status, 401, 'of that room only');
  viewer.close();
  session.close();
});

t.test('tokens outlive the server, hashed, readable by their owner alone, and can be managed beside it', async (t) => {
  const { server, folder, key, ask } = await open(t);
  const { body } = await ask('POST', 'stage/viewers', key);
  const path = join(folder, 'viewers.json');
  const text = readFileSync(path, 'utf8');
  t.notOk(text.includes(String(body['token']).slice('view_'.length + 13)), 'no secret is stored');
  if (process.platform !== 'win32') t.equal(statSync(path).mode & 0o777, 0o600);
  const again = new ViewerTokenFile(folder, Date.now);
  t.match(again.verify(String(body['token'])), { room: 'stage' });
  t.equal(runViewers(['viewers', '--data', folder, 'revoke', 'stage', String(body['id'])], {}), 0);
  await t.rejects(watchEvents(server.url, `stage/events?token=${body['token']}`), { message: /viewer\.revoked/ });
  const { token } = again.add({ room: 'stage' });
  const viewer = await watchEvents(server.url, `stage/events?token=${token}`);
  viewer.close();
  t.equal(runViewers(['viewers', '--data', folder, 'add', 'No Room'], {}), 64);
});

t.test('each limit of viewers is kept, and those who are there stay', async (t) => {
  for (const viewers of [{ viewersMax: 2 }, { viewersPerRoomMax: 2 }, { viewersPerAddressMax: 2 }]) {
    const { server, key } = await open(t, { viewers });
    const headers = { authorization: `Bearer ${key}` };
    const here = [
      await watchEvents(server.url, 'stage/events', headers),
      await watchEvents(server.url, 'stage/events', headers),
    ];
    await t.rejects(watchEvents(server.url, 'stage/events', headers), { message: /^503.*viewer\.full/ });
    here[0]!.close();
    while (server.rooms.viewers > 1) await new Promise((resolve) => setImmediate(resolve));
    here.push(await watchEvents(server.url, 'stage/events', headers));
    for (const each of here) each.close();
  }
});

t.test('the text so far can be had in every form, cleaned or as spoken', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const session = await server.connect({ room: 'stage' });
  await converse(session, SOUND);
  const get = async (query: string): Promise<string> =>
    (await fetch(`${server.url}/v1/rooms/stage/transcript${query}`)).text();
  t.equal(await get(''), 'One two three.\nFour five six.\n');
  t.equal(await get('?text=raw'), 'One um two three.\nFour five six.\n');
  t.match(await get('?format=md'), /^\*\*00:00:00\*\* One two three\.\n\n\*\*00:00:03\*\* /);
  t.match(await get('?format=srt'), /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\nOne two three\.\n\n2\n/);
  t.match(await get('?format=vtt'), /^WEBVTT\n\n00:00:00\.\d{3} --> /);
  const rows = JSON.parse(await get('?format=json'));
  t.match(rows, [
    { session: session.ready.session, sentence: 1, text: 'One um two three.', cleaned: 'One two three.' },
    { sentence: 2, text: 'Four five six.' },
  ]);
  t.ok(rows[0].words.length >= 4);
  t.match(JSON.parse(await get('?format=docx')), { code: 'command.option', text: /docx.*txt, md, json, srt, vtt/ });
  t.equal(await (await fetch(`${server.url}/v1/rooms/nobody/transcript`)).text(), '');
});
