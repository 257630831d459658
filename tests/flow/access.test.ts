import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import type { ServerEvent } from '../../client/sdk/index.ts';
import { ApiKeyAuth } from '../../server/access/api-key-auth.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { addKey, revokeKey } from '../../server/access/keys.ts';
import { UsageCounter } from '../../server/access/usage.ts';
import { openCuttingProxy } from '../support/cutting-proxy.ts';
import {
  converse,
  finalsOf,
  openScriptedServer,
  type ScriptedServer,
  script,
  sound,
} from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

async function open(t: { teardown(run: () => unknown): void }, limits: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
  const file = new KeyFile(folder);
  const access = new ApiKeyAuth(file, new UsageCounter(folder, Date.now, silent), Date.now);
  const server = await openScriptedServer(script('Hello there.', 0.5), 8, { access, ...limits });
  t.teardown(() => server.close());
  let keys = 0;
  const add = (more: object = {}): string =>
    addKey(file, { name: `key ${++keys}`, scopes: ['stream', 'token'], ...more }, Date.now()).text;
  return { server, file, add };
}

/** The HTTP status a WebSocket is answered with; 101 when it is taken. */
function knock(server: ScriptedServer, protocols: string[], headers: Record<string, string> = {}, path = '/v1/stream') {
  return new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(server.url.replace('http', 'ws') + path, protocols, { headers });
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode!);
      socket.terminate();
    });
    socket.on('error', (error) => (/closed before/.test(error.message) ? undefined : reject(error)));
  });
}

t.test('a stranger is refused with 401 before the upgrade', async (t) => {
  const { server, add } = await open(t);
  const key = add();
  t.equal(await knock(server, ['sotto.v1']), 401);
  t.equal(await knock(server, ['sotto.v1', 'sotto.auth.wrong']), 401);
  t.equal(await knock(server, ['sotto.v1'], { authorization: 'Bearer wrong' }), 401);
  t.equal(await knock(server, ['sotto.v1'], {}, `/v1/stream?key=${key}&token=${key}`), 401, 'nor by the URL');
  t.equal(await knock(server, ['sotto.v1'], { authorization: `Bearer ${add({ scopes: ['metrics'] })}` }), 403);
  t.equal(await knock(server, ['sotto.v1'], { authorization: `Bearer ${key}` }), 101);
  t.equal(await knock(server, ['sotto.v1', `sotto.auth.${key}`]), 101);
  t.equal(await knock(server, ['sotto.v1'], { authorization: `Bearer ${key}`, origin: 'https://evil.com' }), 403);
});

t.test('a page gets a token with a key of its server, and streams with it', async (t) => {
  const { server, file, add } = await open(t);
  const key = add({ name: 'site' });
  const mint = (body: string, credential = key) =>
    fetch(`${server.url}/v1/token`, { method: 'POST', headers: { authorization: `Bearer ${credential}` }, body });
  const answer = await mint('{"seconds":30}');
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('cache-control'), 'no-store');
  const { token } = (await answer.json()) as { token: string };
  const session = await server.connect({ credential: token });
  const events = await converse(session, sound(3, [[0.4, 1.4]]));
  t.same(finalsOf(events), ['Hello there.']);
  t.equal((await mint('{}', token)).status, 403, 'a token mints no token');
  t.equal((await mint('{}', 'wrong')).status, 401);
  t.match((await mint('{}', 'wrong')).headers.get('www-authenticate'), 'Bearer');
  for (const body of ['{"seconds":999999}', '{"seconds":"1"}', '[', '{"admin":true}'])
    t.equal((await mint(body)).status, 400, body);
  t.equal((await mint(' '.repeat(5_000))).status, 413);
  revokeKey(file, 'site', Date.now());
  await t.rejects(server.connect({ credential: token }), { code: 'auth.invalid' });
});

t.test(
  'a session outlives its token, its key and its minutes: its client comes back, and does nothing else',
  async (t) => {
    let nowMs = Date.now();
    const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
    const file = new KeyFile(folder);
    const access = new ApiKeyAuth(file, new UsageCounter(folder, () => nowMs, silent), () => nowMs);
    const server = await openScriptedServer(script('Hello there.', 0.5), 8, { access });
    t.teardown(() => server.close());
    const add = (more: object): string =>
      addKey(file, { name: `key ${JSON.stringify(more)}`, scopes: ['stream', 'token'], ...more }, nowMs).text;
    const token = (await access.mintToken(await access.authenticate(add({ days: 1 }), 'token'), 60)).token;
    const spent = add({ minutesPerDay: 0.02 });
    const revoked = add({ sessionsMax: 3 });
    const open = async (credential: string) => {
      const proxy = await openCuttingProxy(server.url, { cutsMax: 1, budget: () => ({ up: 60_000, down: 1e9 }) });
      t.teardown(() => proxy.close());
      return server.connect({ url: proxy.url, credential });
    };
    const session = await open(token);
    const short = await open(spent);
    const thrown = await open(revoked);
    // Two days pass at once, as when a clock is set.
    nowMs += 2 * 86_400_000;
    await t.rejects(server.connect({ credential: token }), { code: 'auth.expired' });
    t.same(finalsOf(await converse(session, sound(4, [[0.4, 1.4]]))), ['Hello there.'], 'over a cut');
    const finals: string[] = [];
    short.on('final', ({ text }) => finals.push(text));
    short.send(sound(4, [[0.4, 1.4]]));
    t.match(await short.closed, { code: 1000 });
    t.same(finals, ['Hello there.'], 'over a cut behind its last minute');
    await t.rejects(server.connect({ credential: spent }), { code: 'auth.quota' });
    revokeKey(file, 'key {"sessionsMax":3}', nowMs);
    await t.rejects(converse(thrown, sound(4, [[0.4, 1.4]])), { code: 'auth.invalid' });
    const { session: other } = session.ready;
    t.equal(await knock(server, ['sotto.v1', `sotto.auth.${token}`], {}, `/v1/stream?resume=${other}x`), 401);
  },
);

t.test('numbers are for those with their scope; the page and health are for all', async (t) => {
  const { server, add } = await open(t);
  const status = async (path: string, key?: string): Promise<number> =>
    (await fetch(server.url + path, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } })).status;
  t.equal(await status('/metrics'), 401);
  t.equal(await status('/metrics', add()), 403);
  t.equal(await status('/metrics', add({ scopes: ['metrics'] })), 200);
  t.equal(await status('/healthz'), 200);
});

t.test('a key and an address have so many sessions and no more', async (t) => {
  const { server, add } = await open(t, { perKey: 3, perAddress: 4 });
  const small = add({ sessionsMax: 1 });
  const big = add();
  const one = await server.connect({ credential: small });
  await t.rejects(server.connect({ credential: small }), { code: 'auth.sessions' });
  const rest = [];
  for (let i = 0; i < 3; i++) rest.push(await server.connect({ credential: big }));
  await t.rejects(server.connect({ credential: big }), { code: 'auth.sessions' }, 'four of one address are open');
  one.close();
  await one.closed;
  await until(() => server.registry.size <= 3);
  await t.rejects(server.connect({ credential: big }), { code: 'auth.sessions' }, 'three of one key are open');
  for (const session of rest) session.close();
});

t.test('many who knock at the same time do not get in beyond the limit', async (t) => {
  const { server, add } = await open(t, { perKey: 2 });
  const credential = add();
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => server.connect({ credential })));
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 2);
  t.equal(server.registry.size, 2);
  for (const result of results) if (result.status === 'fulfilled') result.value.close();
});

t.test('when the minutes of a key are used up, what was said still comes', async (t) => {
  const { server, add } = await open(t);
  const credential = add({ minutesPerDay: 2 / 60 });
  const session = await server.connect({ credential });
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  const samples = sound(5, [[0.4, 1.4]]);
  for (let at = 0; at < samples.length; at += 1_600) {
    session.send(samples.subarray(at, at + 1_600));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await session.closed;
  await reading;
  t.same(finalsOf(events), ['Hello there.']);
  t.match(
    events.filter(({ type }) => type === 'fault'),
    [{ code: 'auth.quota', fatal: false }],
    'audio under way is no second fault',
  );
  t.equal(events.at(-1)?.type, 'done');
  await t.rejects(server.connect({ credential }), { code: 'auth.quota' });
});

t.test("OpenAI's client secrets are tokens: they open sessions, expire, and mint nothing", async (t) => {
  const { server, add } = await open(t);
  const post = (path: string, key: string, body: object = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      ...{ method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(body) },
    });
  const secrets = '/v1/realtime/client_secrets';
  const body = { expires_after: { anchor: 'created_at', seconds: 60 }, session: { type: 'transcription' } };
  const minted = (await (await post(secrets, add(), body)).json()) as { value: string; expires_at: number };
  const { value, expires_at } = minted;
  t.match(value, /^ek_ey/);
  t.ok(Math.abs(Number(expires_at) - Date.now() / 1_000 - 60) < 5);
  t.equal(await knock(server, ['realtime', `openai-insecure-api-key.${value}`], {}, '/v1/realtime'), 101);
  t.equal(await knock(server, ['realtime', 'openai-insecure-api-key.ek_wrong'], {}, '/v1/realtime'), 401);
  const refused = await post(secrets, value);
  t.equal(refused.status, 403);
  t.match(await refused.json(), { error: { type: 'invalid_request_error' } });
  t.equal((await post(secrets, 'nobody')).status, 401);
  t.equal((await post(secrets, add(), { expires_after: { seconds: 5 } })).status, 400);
  const older = await (
    await post('/v1/realtime/transcription_sessions', add(), { input_audio_format: 'pcm16' })
  ).json();
  t.match(older, { object: 'realtime.transcription_session', client_secret: { value: /^ek_ey/ } });
  const file = new FormData();
  file.append('file', new Blob(['no sound']), 'a.wav');
  const unknown = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: file });
  t.match(await unknown.json(), { error: { code: 'invalid_api_key', type: 'authentication_error' } });
  t.equal(unknown.status, 401);
  t.equal((await fetch(`${server.url}/v1/models`)).status, 401);
});
