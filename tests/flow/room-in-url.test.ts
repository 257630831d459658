import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { finalTexts, watch } from '../support/viewing.ts';

const SOUND = sound(3, [[0.5, 1.5]]);
const bytesOf = (samples: Int16Array | Float32Array): Buffer =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
const json = (message: object): string => JSON.stringify(message);

/** What a client of each compatible endpoint sends, and how it ends; a room can be appended to the address. */
const ENDPOINTS: readonly {
  readonly path: string;
  readonly before?: readonly string[];
  readonly audio?: (bytes: Buffer) => string | Buffer;
  readonly after: readonly (string | Buffer)[];
}[] = [
  {
    path: '/v1/listen?encoding=linear16&sample_rate=16000&filler_words=true&smart_format=true',
    after: [json({ type: 'CloseStream' })],
  },
  {
    path: '/v1/realtime?intent=transcription',
    before: [
      json({
        type: 'session.update',
        session: { type: 'transcription', audio: { input: { format: { type: 'audio/pcm', rate: 16_000 } } } },
      }),
    ],
    audio: (bytes) => json({ type: 'input_audio_buffer.append', audio: bytes.toString('base64') }),
    after: [],
  },
  { path: '/v3/ws?sample_rate=16000', after: [json({ type: 'Terminate' })] },
  { path: '/?', before: [json({ config: { sample_rate: 16_000 } })], after: [json({ eof: 1 })] },
  { path: '/vosk?', before: [json({ config: { sample_rate: 16_000 } })], after: [json({ eof: 1 })] },
  {
    path: '/whisper-live?',
    before: [json({ uid: 'one', language: 'en', task: 'transcribe', model: 'tiny' })],
    audio: (bytes) =>
      bytesOf(Float32Array.from(new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), (s) => s / 32_768)),
    after: [Buffer.from('END_OF_AUDIO')],
  },
];

async function open(t: Test) {
  const server = await openScriptedServer(script('One two three.', 0.6));
  t.teardown(() => server.close());
  return server;
}

t.test('at every compatible endpoint a client that names a room in its address has viewers', async (t) => {
  const server = await open(t);
  for (const [at, { path, before = [], audio = (bytes: Buffer) => bytes, after }] of ENDPOINTS.entries()) {
    const room = `room-${at}`;
    const viewer = watch(server.url, room);
    await viewer.waitFor(({ type }) => type === 'room');
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}&room=${room}`);
    await once(socket, 'open');
    for (const message of before) socket.send(message);
    const samples = bytesOf(SOUND);
    for (let from = 0; from < samples.length; from += 6_400) socket.send(audio(samples.subarray(from, from + 6_400)));
    for (const message of after) socket.send(message);
    await viewer.waitFor(({ type }) => type === 'final');
    t.same(finalTexts(viewer.events), ['One two three.'], path);
    viewer.close();
    socket.terminate();
  }
});

t.test('a name that no room can have refuses the connection, and no name is no room', async (t) => {
  const server = await open(t);
  const [{ path }] = ENDPOINTS as [(typeof ENDPOINTS)[number]];
  const refused = new WebSocket(`${server.url.replace('http', 'ws')}${path}&room=The%20Hall`);
  const [, response] = await once(refused, 'unexpected-response');
  t.equal(response.statusCode, 400);
  refused.on('error', () => {});
  refused.terminate();
  const silent = new WebSocket(`${server.url.replace('http', 'ws')}${path}&room=`);
  await once(silent, 'open');
  silent.send(bytesOf(SOUND));
  silent.send(json({ type: 'CloseStream' }));
  await once(silent, 'close');
  t.equal(server.rooms.find('room-0'), undefined);
});
