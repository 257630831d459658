import { readFileSync } from 'node:fs';
import OpenAI, { toFile } from 'openai';
import t from 'tap';
import { openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';
import { wavOf } from '../support/wav-of.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am um fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);
const TEXT = 'Hello there. How are you? I am um fine.';

// One server for all: starting its decoder takes longer than decoding.
const server: ScriptedServer = await openScriptedServer(WORDS);
t.teardown(() => server.close());
const client = new OpenAI({ apiKey: 'any', baseURL: `${server.url}/v1`, maxRetries: 0 });
const errorOf = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);
const file = () => toFile(wavOf(SOUND), 'speech.wav');

t.test("OpenAI's own client gets the text of a file in every format it can ask for", async (t) => {
  const ask = async (format: object) =>
    client.audio.transcriptions.create({
      file: await file(),
      model: 'whisper-1',
      language: 'en',
      ...format,
    } as never) as Promise<unknown>;
  t.match(await ask({}), { text: TEXT, usage: { type: 'duration', seconds: 5 } });
  t.equal(await ask({ response_format: 'text' }), `${TEXT}\n`);
  const srt = (await ask({ response_format: 'srt' })) as string;
  t.match(srt, /^1\n00:00:00,\d{3} --> 00:00:01,\d{3}\nHello there\.\n\n2\n/);
  t.match(await ask({ response_format: 'vtt' }), /^WEBVTT\n\n00:00:00\.\d{3} --> 00:00:01\.\d{3}\nHello there\.\n\n/);
  const verbose = (await ask({
    response_format: 'verbose_json',
    timestamp_granularities: ['word', 'segment'],
  })) as { segments: object[]; words: { word: string; start: number; end: number }[] };
  t.match(verbose, { task: 'transcribe', language: 'english', duration: 5, text: TEXT });
  t.same(
    verbose.words.map(({ word }) => word),
    ['Hello', 'there', 'How', 'are', 'you', 'I', 'am', 'um', 'fine'],
  );
  t.same(Object.keys(verbose.segments[0]!).sort(), [
    ...['avg_logprob', 'compression_ratio', 'end', 'id', 'no_speech_prob'],
    ...['seek', 'start', 'temperature', 'text', 'tokens'],
  ]);
  t.notOk('words' in ((await ask({ response_format: 'verbose_json' })) as object), 'words only when asked for');
  t.equal(server.registry.size, 0, 'every upload has left');
});

t.test('a stream only ever appends, and its pieces are its whole', async (t) => {
  const stream = await client.audio.transcriptions.create({
    ...{ file: await file(), model: 'gpt-4o-mini-transcribe', stream: true },
  });
  let text = '';
  const done: string[] = [];
  for await (const event of stream) {
    if (event.type === 'transcript.text.delta') text += event.delta;
    if (event.type === 'transcript.text.done') done.push(event.text);
  }
  t.equal(text, TEXT);
  t.same(done, [TEXT]);
});

t.test('the options of the newest models: chunks, log probabilities and speakers', async (t) => {
  const body = { file: await file(), model: 'gpt-4o-transcribe', chunking_strategy: 'auto' } as const;
  const { text, logprobs } = await client.audio.transcriptions.create({ ...body, include: ['logprobs'] });
  t.equal(logprobs!.map(({ token }) => token).join(''), text);
  for (const { token, bytes, logprob } of logprobs!) {
    t.equal(Buffer.from(bytes!).toString(), token);
    t.ok(logprob! <= 0);
  }
  const stream = await client.audio.transcriptions.create({ ...body, include: ['logprobs'], stream: true });
  const streamed: string[] = [];
  for await (const event of stream) {
    if (event.type === 'transcript.text.delta') streamed.push(...event.logprobs!.map(({ token }) => token!));
    if (event.type === 'transcript.text.done') t.equal(event.logprobs!.map(({ token }) => token).join(''), TEXT);
  }
  t.equal(streamed.join(''), TEXT);
  const diarized = await client.audio.transcriptions.create({
    ...{ file: await file(), model: 'gpt-4o-transcribe-diarize', response_format: 'diarized_json' },
    chunking_strategy: { type: 'server_vad', silence_duration_ms: 300 },
    known_speaker_names: ['Ann'],
    known_speaker_references: ['data:audio/wav;base64,AAAA'],
  });
  t.match(diarized, { task: 'transcribe', duration: 5, text: TEXT, usage: { type: 'duration' } });
  t.match((diarized as unknown as OpenAI.Audio.TranscriptionDiarized).segments[1], {
    id: 'seg_002',
    type: 'transcript.text.segment',
    speaker: 'A',
    text: 'How are you?',
  });
});

t.test('a stream with speakers has a segment for each of its deltas', async (t) => {
  const stream = await client.audio.transcriptions.create({
    ...{ file: await file(), model: 'gpt-4o-transcribe-diarize', stream: true, response_format: 'diarized_json' },
  });
  const deltas: [string | undefined, string][] = [];
  const segments: [string | undefined, string][] = [];
  for await (const event of stream) {
    if (event.type === 'transcript.text.delta') deltas.push([event.segment_id, event.delta.trim()]);
    if (event.type === 'transcript.text.segment') segments.push([event.id, event.text]);
  }
  t.ok(segments.length > 1);
  t.same(segments, deltas);
});

t.test('cleaned sentences come when they are asked for', async (t) => {
  const body = { file: await file(), model: 'whisper-1', cleanup: 'true' };
  t.equal((await client.audio.transcriptions.create(body)).text, 'Hello there. How are you? I am fine.');
});

t.test('compressed files of every kind are taken', async (t) => {
  for (const kind of ['mp3', 'flac', 'ogg', 'opus', 'webm', 'm4a']) {
    const bytes = readFileSync(new URL(`../fixtures/formats/short_01.${kind}`, import.meta.url));
    const { text } = await client.audio.transcriptions.create({ file: await toFile(bytes, `a.${kind}`), model: 'x' });
    t.match(text, /^Hello there\. How are you\?/, kind);
  }
});

t.test('translation is a task of its own, and the models are listed', async (t) => {
  t.equal((await client.audio.translations.create({ file: await file(), model: 'whisper-1' })).text, TEXT);
  t.equal(server.recogniser.jobs.at(-1)?.task, 'translate');
  const models: string[] = [];
  for await (const { id } of client.models.list()) models.push(id);
  t.same(models, ['script']);
  t.equal((await client.models.retrieve('script')).id, 'script');
  t.match(await errorOf(client.models.retrieve('whisper-9')), { status: 404, code: 'model_not_found' });
});

t.test('what is wrong is said in the shape the client reads', async (t) => {
  const create = async (fields: object) =>
    client.audio.transcriptions.create({ file: await file(), model: 'x', ...fields } as never);
  t.match(await errorOf(create({ response_format: 'lrc' })), { status: 400, param: 'response_format' });
  t.match(await errorOf(create({ include: ['logprobs'], response_format: 'srt' })), { status: 400, param: 'include' });
  t.match(await errorOf(create({ chunking_strategy: { type: 'client_vad' } })), {
    ...{ status: 400, param: 'chunking_strategy' },
  });
  t.match(await errorOf(create({ known_speaker_names: ['Ann'] })), { status: 400, param: 'known_speaker_names' });
  t.match(await errorOf(create({ language: '!!' })), { status: 400, param: 'language', type: 'invalid_request_error' });
  t.match(await errorOf(create({ language: 'xx' })), { status: 400, param: 'language' });
  for (const bytes of [Buffer.from('no sound in here'), Buffer.alloc(0)])
    t.match(await errorOf(create({ file: await toFile(bytes, 'a.mp3') })), { status: 400, param: 'file' });
  const url = `${server.url}/v1/audio/transcriptions`;
  const post = async (body: BodyInit | undefined, headers: Record<string, string>) => {
    const response = await fetch(url, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, error: ((await response.json()) as { error: { param: string } }).error.param };
  };
  t.same(await post('{}', { 'content-type': 'application/json' }), { status: 400, error: 'content-type' });
  t.same(await post('--x\r\nbroken', { 'content-type': 'multipart/form-data; boundary=x' }), {
    status: 400,
    error: 'body',
  });
  t.equal(server.registry.size, 0);
});
