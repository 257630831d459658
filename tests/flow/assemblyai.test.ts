import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssemblyAI, StreamingTranscriber, type TurnEvent } from 'assemblyai';
import t from 'tap';
import { WebSocket } from 'ws';
import { ApiKeyAuth } from '../../server/access/api-key-auth.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { addKey } from '../../server/access/keys.ts';
import { UsageCounter } from '../../server/access/usage.ts';
import { packetsOf } from '../support/opus-packets.ts';
import { openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';
import { openTlsProxy } from '../support/tls-proxy.ts';
import { simulateDelay } from '../support/until.ts';

// The client takes nothing but TLS, and offers no way to trust one certificate.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am um fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);

async function secure(t: { teardown(run: () => unknown): void }, server: ScriptedServer): Promise<string> {
  t.teardown(() => server.close());
  const proxy = await openTlsProxy(Number(new URL(server.url).port));
  t.teardown(() => proxy.close());
  return `wss://127.0.0.1:${proxy.port}/v3/ws`;
}

async function stream(transcriber: StreamingTranscriber, samples = SOUND): Promise<void> {
  for (let at = 0; at < samples.length; at += 1_600) {
    transcriber.sendAudio(samples.slice(at, at + 1_600).buffer);
    await simulateDelay(2);
  }
}

t.test(
  "AssemblyAI's own client gets growing turns, each again as it reads when cleaned, and one clean end",
  async (t) => {
    const server = await openScriptedServer(WORDS);
    const websocketBaseUrl = await secure(t, server);
    const transcriber = new StreamingTranscriber({
      ...{ apiKey: 'any', websocketBaseUrl, sampleRate: 16_000, formatTurns: true },
      ...{ keytermsPrompt: ['Sotto'], minTurnSilence: 200, maxConnectionRetries: 0 },
    });
    const turns: TurnEvent[] = [];
    const errors: Error[] = [];
    transcriber.on('turn', (turn) => turns.push(turn));
    transcriber.on('error', (error) => errors.push(error));
    const begin = await transcriber.connect();
    t.ok(begin.expires_at > Date.now() / 1_000, 'it begins now');
    await stream(transcriber);
    await transcriber.close();
    t.same(errors, []);
    const ended = (formatted: boolean) =>
      turns
        .filter((turn) => turn.end_of_turn && turn.turn_is_formatted === formatted)
        .map(({ turn_order, transcript }) => [turn_order, transcript]);
    t.same(ended(false), [
      [0, 'hello there how are you'],
      [1, 'i am um fine'],
    ]);
    t.same(ended(true), [
      [0, 'Hello there. How are you?'],
      [1, 'I am fine.'],
    ]);
    for (const order of [0, 1]) {
      let before = '';
      for (const { transcript } of turns.filter((turn) => turn.turn_order === order && !turn.turn_is_formatted)) {
        t.ok(transcript.startsWith(before), `"${transcript}" goes on from "${before}"`);
        before = transcript;
      }
    }
    const last = turns.at(-1)!;
    t.match(last.words[0], { text: 'I', start: 3_000, end: 3_250, word_is_final: true });
    t.equal(last.words.length, 3, 'the hesitation is not among the words');
    t.equal(server.registry.size, 0);
  },
);

t.test('keys and temporary tokens are accepted, and a wrong key is rejected with one error', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
  const file = new KeyFile(folder);
  const access = new ApiKeyAuth(
    file,
    new UsageCounter(folder, Date.now, { debug() {}, info() {}, warn() {}, error() {} }),
    Date.now,
  );
  const server = await openScriptedServer(script('Hello there.', 0.6), 8, { access });
  const websocketBaseUrl = await secure(t, server);
  const apiKey = addKey(file, { name: 'a', scopes: ['stream', 'token'] }, Date.now()).text;
  const knock = async (credential: { apiKey: string } | { token: string }): Promise<string> => {
    const transcriber = new StreamingTranscriber({ ...credential, websocketBaseUrl, sampleRate: 16_000 });
    try {
      await transcriber.connect();
      await transcriber.close();
      return 'in';
    } catch (error) {
      return (error as Error).message;
    }
  };
  t.equal(await knock({ apiKey }), 'in');
  t.match(await knock({ apiKey: 'wrong' }), /does not know the key/, 'no retry: it would take longer than this');
  const client = new AssemblyAI({ apiKey, streamingBaseUrl: server.url } as never);
  const token = await client.streaming.createTemporaryToken({ expires_in_seconds: 60 });
  t.equal(await knock({ token }), 'in');
  t.match(await knock({ token: `${token}x` }), /does not know the key/);
  t.match(await knock({ token: apiKey }), /No credentials/, 'a key has no place in a URL');
  await t.rejects(client.streaming.createTemporaryToken({ expires_in_seconds: 601 }), /1 to 600/);
});

t.test('where no key is needed, its clients still get the token they ask for', async (t) => {
  const server = await openScriptedServer([]);
  t.teardown(() => server.close());
  const client = new AssemblyAI({ apiKey: 'any', streamingBaseUrl: server.url } as never);
  t.equal(await client.streaming.createTemporaryToken({ expires_in_seconds: 60 }), 'none-needed');
});

t.test('a client of a full server gets the error of its own protocol', async (t) => {
  const server = await openScriptedServer([], 0);
  const websocketBaseUrl = await secure(t, server);
  const transcriber = new StreamingTranscriber({
    ...{ apiKey: 'any', websocketBaseUrl, sampleRate: 16_000, maxConnectionRetries: 0 },
  });
  const error = (await transcriber.connect().catch((error: unknown) => error)) as Error & { code?: number };
  t.equal(error.code, 3009);
});

t.test('compressed audio is heard as it comes, in packets and in a container', async (t) => {
  const server = await openScriptedServer(script('Hello there. How are you?', 0.5));
  t.teardown(() => server.close());
  const file = readFileSync(new URL('../fixtures/formats/short_01.opus', import.meta.url));
  for (const [query, frames] of [
    ['encoding=ogg_opus', [file.subarray(0, 5_000), file.subarray(5_000)]],
    ['encoding=opus&sample_rate=48000', packetsOf(file)],
  ] as const) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v3/ws?${query}`);
    const turns: TurnEvent[] = [];
    socket.on('message', (data) => turns.push(JSON.parse(String(data))));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    for (const frame of frames) socket.send(frame);
    socket.send('{"type":"Terminate"}');
    t.equal(await closed, 1000);
    const ended = turns.filter(({ end_of_turn }) => end_of_turn);
    t.equal(ended.map(({ transcript }) => transcript).join(' '), 'hello there how are you', query);
  }
});
