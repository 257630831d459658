import t from 'tap';
import { WebSocket } from 'ws';
import { openKeyedServer } from '../support/keyed-server.ts';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';
import { wavOf } from '../support/wav-of.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);
const TEXT = 'Hello there. How are you? I am fine.';
const PATH = '/v1/speech-to-text/realtime?model_id=scribe_v2_realtime&audio_format=pcm_16000';

interface Message {
  readonly message_type: string;
  readonly text?: string;
  readonly words?: readonly { readonly text: string; readonly type: string }[];
}

/** Speaks as ElevenLabs' own package does: base64 in chunks, a commit at the end, a close after its answer. */
async function converse(
  url: string,
  query: string,
  until: (messages: readonly Message[]) => boolean,
  commit = true,
): Promise<Message[]> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${PATH}${query}`, { headers: { 'xi-api-key': 'any' } });
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const send = (audio: string, isCommit: boolean): void =>
    socket.send(
      JSON.stringify({
        ...{ message_type: 'input_audio_chunk', audio_base_64: audio, commit: isCommit, sample_rate: 16_000 },
      }),
    );
  await new Promise((resolve) => socket.on('open', resolve));
  for (let at = 0; at < SOUND.length; at += 1_600) {
    send(Buffer.from(SOUND.slice(at, at + 1_600).buffer).toString('base64'), false);
    await simulateDelay(2);
  }
  if (commit) send('', true);
  while (!until(messages)) await simulateDelay(5);
  socket.close();
  await closed;
  return messages;
}

const committed = (messages: readonly Message[]): string[] =>
  messages.filter(({ message_type }) => message_type === 'committed_transcript').map(({ text }) => text!);

t.test('what a client commits is one segment, with all its words', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const messages = await converse(server.url, '&include_timestamps=true', (all) =>
    all.some(({ message_type }) => message_type === 'committed_transcript_with_timestamps'),
  );
  t.match(messages[0], { message_type: 'session_started', session_id: String });
  t.same(committed(messages), [TEXT]);
  const words = messages.find((each) => each.message_type === 'committed_transcript_with_timestamps')!.words!;
  t.equal(words.map(({ text }) => text).join(''), TEXT);
  const partials = messages.filter(({ message_type }) => message_type === 'partial_transcript');
  t.ok(partials.length > 2, 'words come while they are spoken');
  t.equal(server.registry.size, 0);
});

t.test('with vad, silence commits each utterance once', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const query = '&commit_strategy=vad&vad_silence_threshold_secs=0.4';
  const messages = await converse(server.url, query, (all) => committed(all).join(' ') === TEXT, false);
  t.ok(committed(messages).length > 1);
});

t.test('a recording is answered with its words, and a key comes in the header xi-api-key', async (t) => {
  const { server, addKey } = await openKeyedServer(t, WORDS);
  const key = addKey('scribe', ['stream', 'token']);
  const post = async (headers: Record<string, string>) => {
    const form = new FormData();
    form.set('model_id', 'scribe_v1');
    form.set('file', new Blob([Uint8Array.from(wavOf(SOUND))]), 'speech.wav');
    return fetch(`${server.url}/v1/speech-to-text`, { method: 'POST', body: form, headers });
  };
  const refused = await post({ 'xi-api-key': 'wrong' });
  t.equal(refused.status, 401);
  t.match(await refused.json(), { detail: { status: 'invalid_api_key' } });
  const answer = (await (await post({ 'xi-api-key': key })).json()) as { text: string; words: { text: string }[] };
  t.match(answer, { language_code: 'en', text: TEXT, audio_duration_secs: 5 });
  t.equal(answer.words.map(({ text }) => text).join(''), TEXT);
  const minted = await fetch(`${server.url}/v1/single-use-token/realtime_scribe`, {
    ...{ method: 'POST', headers: { 'xi-api-key': key } },
  });
  const { token } = (await minted.json()) as { token: string };
  const open = (query: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}${PATH}${query}`);
      socket.on('message', (data) => {
        resolve(String(data));
        socket.close();
      });
      socket.on('unexpected-response', (_, { statusCode }) => resolve(String(statusCode)));
      socket.on('error', () => {});
    });
  t.match(await open(`&token=${token}`), /session_started/);
  t.equal(await open('&token=wrong'), '401');
});
