import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import t, { type Test } from 'tap';
import { LIMITS } from '../../protocol/index.ts';
import { UploadMemory } from '../../server/gateway/body.ts';
import { openScriptedServer, script } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

const RECORDING = readFileSync(new URL('../fixtures/formats/short_01.mp3', import.meta.url));
/** A server with one place, whose words come when they are let. */
async function stand(t: Test) {
  const server = await openScriptedServer(script('Hello there.', 0.6), 1);
  t.teardown(() => server.close());
  let letGo = (): void => {};
  server.recogniser.holdAnswers(
    new Promise((resolve) => {
      letGo = resolve;
    }),
  );
  const post = (signal?: AbortSignal): Promise<Response> => {
    const body = new FormData();
    body.append('file', new Blob([RECORDING]), 'a.mp3');
    return fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body, signal: signal ?? null });
  };
  const waitForDecode = (): Promise<void> => until(() => server.recogniser.jobs.length > 0);
  return { server, post, waitForDecode, letGo };
}

t.test('a file takes the place of a session, and gives it back', async (t) => {
  const { server, post, waitForDecode, letGo } = await stand(t);
  const first = post();
  await waitForDecode();
  t.equal(server.registry.size, 1);
  const second = await post();
  t.equal(second.status, 503);
  t.ok(second.headers.get('retry-after'));
  t.match(await second.json(), { error: { type: 'server_error' } });
  letGo();
  t.match(await (await first).json(), { text: 'Hello there.' });
  t.equal(server.registry.size, 0);
  t.equal((await post()).status, 200);
});

t.test('a file is heard by the server’s own model, also where the small one hears English', async (t) => {
  const small = { small: 'little', isEnglishSmall: true };
  const server = await openScriptedServer(script('Hello there.', 0.6), 1, small);
  t.teardown(() => server.close());
  const body = new FormData();
  body.append('file', new Blob([RECORDING]), 'a.mp3');
  const answer = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body });
  t.match(await answer.json(), { text: 'Hello there.' });
  t.same([...new Set(server.recogniser.jobs.map(({ model }) => model))], ['script']);
});

t.test('a client that leaves frees its place at once', async (t) => {
  const { server, post, waitForDecode, letGo } = await stand(t);
  const leaving = new AbortController();
  const left = post(leaving.signal);
  await waitForDecode();
  leaving.abort();
  await t.rejects(left);
  await until(() => server.registry.size === 0);
  letGo();
  t.match(await (await post()).json(), { text: 'Hello there.' });
});

t.test('a server that stops says so instead of answering with half a transcript', async (t) => {
  const { server, post, waitForDecode } = await stand(t);
  const cut = post();
  await waitForDecode();
  server.gateway.drain();
  await server.registry.drain(Promise.resolve());
  const answer = await cut;
  t.equal(answer.status, 503);
  t.match(await answer.json(), { error: { message: /shutting down/ } });
});

t.test('a file that says it is too large is refused before it is sent', async (t) => {
  const { server } = await stand(t);
  const headers = { 'content-type': 'audio/wav', 'content-length': LIMITS.uploadBytesMax * 2 };
  const asked = request(`${server.url}/v1/listen`, { method: 'POST', headers, agent: false });
  asked.on('error', () => {});
  asked.flushHeaders();
  const status = await new Promise((resolve) => asked.once('response', (response) => resolve(response.statusCode)));
  t.equal(status, 413);
  asked.destroy();
  await until(() => server.registry.size === 0);
});

t.test('the memory for files has an end for each and for all, and is given back', async (t) => {
  const space = new UploadMemory();
  const whole = LIMITS.uploadBytesMax;
  {
    using mine = space.open();
    mine.take(whole);
    t.throws(() => mine.take(whole), { code: 'upload.size' } as never);
  }
  const many = Array.from({ length: Math.floor(LIMITS.uploadsBytesMax / whole) }, () => space.open());
  for (const each of many) each.take(whole);
  using late = space.open();
  t.throws(() => late.take(1), { code: 'upload.busy' } as never);
  late[Symbol.dispose]();
  many[0]![Symbol.dispose]();
  using later = space.open();
  later.take(whole);
});
