import { readFileSync } from 'node:fs';
import t from 'tap';
import { WebSocket } from 'ws';
import { openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';
import { wavOf } from '../support/wav-of.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);
const TEXT = 'Hello there. How are you? I am fine.';

// One server for all: starting its decoder takes longer than decoding.
const server: ScriptedServer = await openScriptedServer(WORDS);
t.teardown(() => server.close());

/** A file in a form, as curl sends it. */
async function post(path: string, field: string, bytes: Uint8Array, fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set(field, new Blob([bytes as Uint8Array<ArrayBuffer>]), 'audio.wav');
  const response = await fetch(server.url + path, { method: 'POST', body: form });
  return { status: response.status, text: await response.text() };
}

t.test("a form for whisper.cpp's server is answered with the file's words", async (t) => {
  const { status, text } = await post('/inference', 'file', wavOf(SOUND), {
    ...{ temperature: '0.0', temperature_inc: '0.2', response_format: 'verbose_json', language: 'en' },
  });
  t.equal(status, 200);
  const body = JSON.parse(text) as { segments: { words: { word: string; start: number }[] }[] };
  t.match(body, { task: 'transcribe', language: 'english', duration: 5 });
  t.equal(body.segments.flatMap(({ words }) => words.map(({ word }) => word)).join(''), ` ${TEXT}`);
  t.same(await post('/inference', 'audio', wavOf(SOUND)), {
    status: 400,
    text: '{"error":"file (none) is not accepted; send an audio file."}',
  });
  t.match(await post('/load', 'model', Buffer.from('x')), { status: 400, text: /Models are chosen/ });
  t.same(await (await fetch(`${server.url}/health`)).json(), { status: 'ok' });
});

t.test('bare samples for whisper-asr-webservice are heard as they are', async (t) => {
  const bare = Buffer.from(SOUND.buffer);
  const { status, text } = await post('/asr?encode=false&output=txt&language=en', 'audio_file', bare);
  t.equal(status, 200);
  t.equal(text.replaceAll('\n', ' ').trim(), TEXT);
  const wav = await post('/asr?output=txt', 'audio_file', wavOf(SOUND));
  t.equal(wav.text.replaceAll('\n', ' ').trim(), TEXT);
  t.match(await post('/asr', 'file', bare), { status: 422, text: /"loc":\["body","audio_file"\]/ });
});

t.test('the language of a long recording is that of its beginning, and the rest is not heard', async (t) => {
  const long = new Int16Array(16_000 * 120);
  for (let at = 0; at < long.length; at += SOUND.length) long.set(SOUND, at);
  const before = server.recogniser.jobs.length;
  const { status, text } = await post('/detect-language?encode=false', 'audio_file', Buffer.from(long.buffer));
  t.match({ status, ...JSON.parse(text) }, { status: 200, detected_language: 'english', language_code: 'en' });
  const heard = server.recogniser.jobs.slice(before).map(({ samples }) => samples.length / 16_000);
  t.ok(heard.length > 0);
  t.ok(
    heard.reduce((sum, seconds) => sum + seconds, 0) < 60,
    `at most the beginning is decoded, in a few windows: ${heard}`,
  );
  t.equal(server.registry.size, 0);
});

interface State {
  readonly type?: string;
  readonly lines?: readonly { readonly text: string; readonly speaker: number }[];
  readonly buffer_transcription?: string;
}

/** A WhisperLiveKit client: audio as it comes, an empty message at the end. */
async function converse(pieces: readonly Uint8Array[]): Promise<{ states: State[]; status: number }> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/asr`);
  const states: State[] = [];
  socket.on('message', (data) => states.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  while (states.length === 0) await simulateDelay(2);
  for (const piece of pieces) {
    socket.send(piece);
    await simulateDelay(2);
  }
  socket.send(Buffer.alloc(0));
  return { states, status: await closed };
}

const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

t.test("WhisperLiveKit's page gets lines while it speaks, from samples and from a container", async (t) => {
  const webm = readFileSync(new URL('../fixtures/formats/short_01.webm', import.meta.url));
  for (const [kind, pieces] of [
    ['samples', cut(Buffer.from(SOUND.buffer), 3_200)],
    ['webm', cut(webm, 2_000)],
  ] as const) {
    const { states, status } = await converse(pieces);
    t.match(states[0], { type: 'config', useAudioWorklet: false }, kind);
    t.match(states.at(-1), { type: 'ready_to_stop' }, kind);
    const last = states.at(-2)!;
    const text = last.lines!.map((line) => line.text).join(' ');
    if (kind === 'samples') t.equal(text, TEXT);
    else t.match(text, /^Hello there\. How are you\?/, kind);
    t.equal(last.buffer_transcription, '');
    t.ok(last.lines!.every(({ speaker }) => speaker === 1));
    t.ok(
      states.some(({ buffer_transcription: open }) => open !== undefined && open !== ''),
      `${kind}: words as spoken`,
    );
    t.equal(status, 1000);
  }
  t.equal(server.registry.size, 0);
});
