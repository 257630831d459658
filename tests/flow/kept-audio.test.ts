import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type ServerEvent, Transcripts } from '../../client/sdk/index.ts';
import { openTranscripts } from '../../server/store/open-transcripts.ts';
import { decodeAudio } from '../support/decode-audio.ts';
import { openKeyedServer } from '../support/keyed-server.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { converse, openScriptedServer, script, sound } from '../support/scripted-server.ts';

const WORDS = script('One two three.', 0.6);
const SOUND = sound(4, [[0.5, 1.7]]);

async function openRecorder(t: Test, keepsAudio = true) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-audio-'));
  const bounds = { bytesMax: 0, bytesPerOwnerMax: 0 };
  const fail = (error: unknown): never => t.fail('the thread failed', { error }) as never;
  const store = await openTranscripts({ folder, sync: 'never', bounds, onBrokenFile: fail, onError: fail });
  t.teardown(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return memoryRecorder({ store, keepsAudio }).recorder;
}

const transcriptOf = (events: readonly ServerEvent[]): string =>
  events.find((event) => event.type === 'ready')!.transcript!;
const noticesOf = (events: readonly ServerEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'notice' && event.code === 'keep.skipped' ? [event.text] : []));

t.test('a session that asks for it has its audio kept: its owner gets it as a file, and deletes it', async (t) => {
  const made = await openKeyedServer(t, WORDS, { recorder: await openRecorder(t) });
  const [mine, other] = [made.addKey('mine'), made.addKey('other')];
  const session = await made.server.connect({ credential: mine, keep: { title: 'Kept', audio: true } });
  const events = await converse(session, SOUND);
  t.same(noticesOf(events), []);
  const id = transcriptOf(events);
  const ask = (credential: string, query = '', method = 'GET'): Promise<Response> =>
    fetch(`${made.server.url}/v1/transcripts/${id}${method === 'GET' ? `/audio${query}` : ''}`, {
      ...{ method, headers: { authorization: `Bearer ${credential}` } },
    });
  const kept = new Transcripts({ url: made.server.url, credential: mine });
  t.match((await kept.read(id)).audio, [{ part: 1, channel: 0, fromMs: 0 }]);
  const answer = await ask(mine);
  t.match(answer.headers.get('content-type'), /^audio\/ogg/);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const { channelData } = decodeAudio(bytes);
  t.ok(channelData[0]!.length >= 4 * 48_000);
  t.ok(
    channelData[0]!.subarray(48_000, 72_000).some((sample) => sample > 0.2),
    'what was sent is in it',
  );
  t.same(Buffer.from(await kept.audio(id)), Buffer.from(bytes));
  for (const [response, status, code] of [
    [await ask(other), 404, 'transcript.unknown'],
    [await ask('nobody'), 401, 'auth.invalid'],
    [await ask(mine, '?part=2'), 404, 'transcript.unknown'],
    [await ask(mine, '?channel=x'), 400, 'command.option'],
  ] as const) {
    t.equal(response.status, status);
    t.match(await response.json(), { code });
  }
  t.equal((await ask(mine, '', 'DELETE')).status, 200);
  t.equal((await ask(mine)).status, 404);
});

t.test('a piece of it is cut by the times of sentences, and bad times are refused with what is wanted', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { recorder: await openRecorder(t) });
  const id = transcriptOf(await converse(await server.connect({ keep: { audio: true } }), SOUND));
  const kept = new Transcripts({ url: server.url });
  const piece = decodeAudio(new Uint8Array(await kept.audio(id, { fromMs: 1_000, toMs: 2_200.4 })));
  t.equal(piece.channelData[0]!.length, 1_200 * 48);
  const loudness = (fromMs: number, toMs: number): number =>
    Math.max(...piece.channelData[0]!.subarray(fromMs * 48, toMs * 48));
  t.ok(loudness(100, 600) > 0.2, 'it begins in the sound');
  t.ok(loudness(900, 1_200) < 0.02, 'and ends in the silence behind it');
  for (const [query, name] of [
    ['from=1000', 'to'],
    ['to=1000', 'from'],
    ['from=2000&to=1000', 'to'],
    ['from=0&to=600001', 'to'],
    ['from=-1&to=1000', 'from'],
    ['from=1.5&to=1000', 'from'],
    ['from=0&to=', 'to'],
    ['from=60000&to=61000', 'from'],
  ] as const) {
    const response = await fetch(`${server.url}/v1/transcripts/${id}/audio?${query}`);
    t.equal(response.status, 400, query);
    t.match(await response.json(), { code: 'command.option', text: new RegExp(`^${name} `) }, query);
  }
  t.equal((await fetch(`${server.url}/v1/transcripts/${id}/audio?part=2&from=0&to=9`)).status, 404);
  await server.close();
});

t.test('nobody who did not ask has audio kept', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { recorder: await openRecorder(t) });
  const id = transcriptOf(await converse(await server.connect({ keep: {} }), SOUND));
  t.notOk('audio' in (await new Transcripts({ url: server.url }).read(id)));
  t.equal((await fetch(`${server.url}/v1/transcripts/${id}/audio`)).status, 404);
  await server.close();
});

t.test('a server that does not allow it says so, and keeps the text', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { recorder: await openRecorder(t, false) });
  const events = await converse(await server.connect({ keep: { audio: true } }), SOUND);
  t.match(noticesOf(events), [/^Its audio is not kept: .*--keep-audio/]);
  const transcript = await new Transcripts({ url: server.url }).read(transcriptOf(events));
  t.equal(transcript.sentences.length, 1);
  t.notOk('audio' in transcript);
  await server.close();
});
