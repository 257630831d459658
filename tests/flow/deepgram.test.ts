import { readFileSync } from 'node:fs';
import { DeepgramClient } from '@deepgram/sdk';
import t from 'tap';
import { WebSocket } from 'ws';
import { packetsOf } from '../support/opus-packets.ts';
import { openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am um fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);
interface Message {
  readonly type: string;
  readonly is_final?: boolean;
  readonly speech_final?: boolean;
  readonly from_finalize?: boolean;
  readonly channel?: { alternatives: { transcript: string; words: { word: string; start: number; end: number }[] }[] };
  readonly duration?: number;
  readonly last_word_end?: number;
}
const textOf = (message: Message): string => message.channel?.alternatives?.[0]?.transcript ?? '';
const finalsOf = (messages: readonly Message[]): string[] =>
  messages
    .filter(({ is_final }) => is_final === true)
    .map(textOf)
    .filter(Boolean);

t.test("Deepgram's own client gets words, in order, with times, and one clean close", async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const client = new DeepgramClient({ apiKey: 'any', baseUrl: server.url });
  const socket = await client.listen.v1.connect({
    ...{ model: 'nova-3', language: 'en-US', encoding: 'linear16', sample_rate: 16_000 },
    ...{ interim_results: 'true', smart_format: 'true', vad_events: 'true', reconnectAttempts: 3 },
  } as never);
  const messages: Message[] = [];
  const statuses: number[] = [];
  socket.on('message', (message) => messages.push(message as Message));
  const closed = new Promise<void>((resolve) =>
    socket.on('close', (event) => {
      statuses.push((event as { code: number }).code);
      resolve();
    }),
  );
  socket.connect();
  await socket.waitForOpen();
  for (let at = 0; at < SOUND.length; at += 1_600) {
    socket.sendMedia(Buffer.from(SOUND.slice(at, at + 1_600).buffer) as never);
    await simulateDelay(2);
  }
  socket.sendKeepAlive({ type: 'KeepAlive' });
  socket.sendCloseStream({ type: 'CloseStream' });
  await closed;
  t.same(finalsOf(messages), ['Hello there.', 'How are you?', 'I am fine.']);
  t.ok(
    messages.some(({ is_final }) => is_final === false),
    'interim results came',
  );
  t.ok(messages.some(({ speech_final }) => speech_final === true));
  t.equal(messages.filter(({ type }) => type === 'SpeechStarted').length, 2);
  const words = messages.filter(({ is_final }) => is_final).flatMap((m) => m.channel!.alternatives[0]!.words);
  t.same(words[0]!.word, 'hello');
  for (let i = 1; i < words.length; i++) t.ok(words[i]!.start >= words[i - 1]!.start, 'times go on');
  t.equal(messages.at(-1)!.type, 'Metadata');
  t.equal(messages.at(-1)!.duration, 5);
  t.same(statuses, [1000], 'no reconnect');
  t.equal(server.registry.size, 0);
});

function open(server: { url: string }, query: string, protocols: string[] = []) {
  return new Promise<WebSocket>((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/listen?${query}`, protocols);
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}
const RAW = 'encoding=linear16&sample_rate=16000';

t.test(
  'Finalize is answered by what was said, marked as its answer, and without punctuation unless asked',
  async (t) => {
    const server = await openScriptedServer(script('One two, three', 0.6));
    t.teardown(() => server.close());
    const socket = await open(server, RAW, ['token', 'key']);
    t.equal(socket.protocol, 'token', 'the key is not echoed');
    const messages: Message[] = [];
    const answered = new Promise<void>((resolve) =>
      socket.on('message', (data) => {
        messages.push(JSON.parse(String(data)));
        if (messages.at(-1)!.from_finalize) resolve();
      }),
    );
    socket.send(Buffer.from(sound(1.6, [[0.5, 1.6]]).buffer));
    socket.send('{"type":"Finalize"}');
    await answered;
    t.same(messages.map(textOf), ['one two three']);
    t.match(messages[0], { is_final: true, speech_final: true, from_finalize: true });
    t.equal(
      messages.some(({ is_final }) => is_final === false),
      false,
      'no interim results unless asked',
    );
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send(new Uint8Array(0));
    t.equal(await closed, 1000, 'an empty frame ends the stream, too');
  },
);

t.test('a wrong request is refused before the upgrade, in the shape its clients read', async (t) => {
  const server = await openScriptedServer([]);
  t.teardown(() => server.close());
  for (const query of [
    'encoding=speex&sample_rate=16000',
    'encoding=linear16',
    `${RAW}&callback=http://127.0.0.1/`,
    `${RAW}&redact=pci`,
    `${RAW}&channels=99`,
    `${RAW}&language=%C3%BC`,
  ]) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/listen?${query}`);
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      socket.once('unexpected-response', (_, response) => resolve(response)),
    );
    let body = '';
    for await (const chunk of response) body += chunk;
    t.ok([400, 415].includes(response.statusCode!), query);
    t.equal(JSON.parse(body).err_code, 'Bad Request');
    t.equal(JSON.parse(body).request_id, response.headers['dg-request-id']);
  }
});

t.test('channels are kept apart with multichannel', async (t) => {
  const server = await openScriptedServer(script('Left side.', 0.6));
  t.teardown(() => server.close());
  const socket = await open(server, `${RAW}&channels=2&multichannel=true&punctuate=true`);
  const messages: { channel_index?: number[]; is_final?: boolean }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const mono = sound(2, [[0.5, 1.4]]);
  socket.send(Buffer.from(Int16Array.from({ length: mono.length * 2 }, (_, i) => (i % 2 ? 0 : mono[i >> 1]!)).buffer));
  socket.send('{"type":"CloseStream"}');
  t.equal(await closed, 1000);
  const finals = messages.filter(({ is_final }) => is_final);
  t.ok(finals.length > 0);
  for (const { channel_index } of finals) t.same(channel_index, [0, 2]);
});

/** Sends a recording in pieces, and gives what was answered. */
async function stream(
  server: ScriptedServer,
  query: string,
  pieces: Iterable<Uint8Array>,
): Promise<{ messages: Message[]; status: number }> {
  const socket = await open(server, `interim_results=true&punctuate=true${query}`);
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  for (const piece of pieces) {
    socket.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.send('{"type":"CloseStream"}');
  const status = await closed;
  return { messages, status };
}

t.test('UtteranceEnd comes once, whatever the silence is made of, and after the words are final', async (t) => {
  const server = await openScriptedServer([...script('Hello there.', 0.6), ...script('Bye.', 5.1)]);
  t.teardown(() => server.close());
  const query = `&${RAW}&utterance_end_ms=1000`;
  const kinds = {
    digital: (i: number) => 0 * i,
    quiet: (i: number) => 3 * Math.sin(i / 9),
    // Loud enough to be taken for a voice.
    noise: (i: number) => 9_000 * Math.sin(i / 3),
  };
  for (const [kind, fill] of Object.entries(kinds)) {
    const samples = sound(9, [
      [0.5, 1.2],
      [5, 5.4],
    ]).map((sample, i) => (Math.abs(sample) > 3 || i < 8_000 ? sample : fill(i)));
    const pieces = Array.from({ length: 90 }, (_, i) => Buffer.from(samples.slice(i * 1_600, (i + 1) * 1_600).buffer));
    const { messages } = await stream(server, query, pieces);
    const told = messages.filter(({ type, is_final }) => type === 'UtteranceEnd' || is_final);
    const texts = told.map((message) => textOf(message) || message.last_word_end);
    t.same(
      texts.filter((text) => text !== undefined),
      ['Hello there.', 1.15, 'Bye.', 5.35],
      kind,
    );
  }
});

function* cut(name: string, bytes: number): Generator<Uint8Array> {
  const file = readFileSync(new URL(`../fixtures/formats/${name}`, import.meta.url));
  for (let at = 0; at < file.length; at += bytes) yield file.subarray(at, at + bytes);
}

t.test('containers are taken as they come, cut anywhere, and so are bare packets of Opus', async (t) => {
  const opus = readFileSync(new URL('../fixtures/formats/short_01.opus', import.meta.url));
  const server = await openScriptedServer(script('Hello there. How are you?', 0.5));
  t.teardown(() => server.close());
  const many = await Promise.all([
    stream(server, '', cut('short_01.webm', 1_000)),
    stream(server, '', cut('short_01.ogg', 333)),
    stream(server, '&encoding=ogg-opus', cut('short_01.opus', 777)),
    stream(server, '&encoding=flac&sample_rate=16000', cut('short_01.flac', 5_000)),
    stream(server, '&encoding=opus&sample_rate=48000', packetsOf(opus)),
    stream(server, '&encoding=opus', cut('short_01.webm', 1_000)),
  ]);
  for (const [i, { messages, status }] of many.entries()) {
    t.same(finalsOf(messages), ['Hello there.', 'How are you?'], `stream ${i}`);
    t.ok(Math.abs(messages.at(-1)!.duration! - 3.5) < 0.2, `${messages.at(-1)!.duration} s`);
    t.equal(status, 1000);
  }
});

t.test('what is no audio ends the stream and says so, and no audio at all is a stream of no length', async (t) => {
  const server = await openScriptedServer([]);
  t.teardown(() => server.close());
  const noise = await stream(server, '', [
    new TextEncoder().encode('this is a text and no recording, whatever its sender may think of it'),
  ]);
  t.equal(noise.status, 1008);
  const nothing = await stream(server, '', []);
  t.match(nothing, { status: 1000, messages: [{ type: 'Metadata', duration: 0 }] });
});
