import { connect } from 'node:net';
import OpenAI from 'openai';
import { OpenAIRealtimeWS as BetaRealtimeWS } from 'openai/beta/realtime/ws';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import t from 'tap';
import { WebSocket } from 'ws';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am um fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);
interface Event {
  readonly type: string;
  readonly item_id?: string;
  readonly delta?: string;
  readonly transcript?: string;
  readonly previous_item_id?: string | null;
  readonly error?: { readonly code: string; readonly event_id: string | null };
  readonly session?: Record<string, unknown>;
}

const server = await openScriptedServer(WORDS);
t.teardown(() => server.close());
const port = Number(new URL(server.url).port);
// The package insists on wss; a plain socket under it tests everything but the encryption.
const tunnel = { createConnection: () => connect(port, '127.0.0.1') } as never;
const client = new OpenAI({ apiKey: 'any', baseURL: `${server.url}/v1` });

/** 16 kHz sound at another rate, as base64 of 100 ms each. */
function* pieces(samples: Int16Array, rate: number): Generator<string> {
  const length = Math.floor((samples.length * rate) / 16_000);
  const all = Int16Array.from({ length }, (_, i) => samples[Math.floor((i * 16_000) / rate)]!);
  for (let at = 0; at < all.length; at += rate / 10) {
    const part = all.subarray(at, at + rate / 10);
    yield Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64');
  }
}

const soon = (): Promise<void> => simulateDelay(2);

interface Realtime {
  on(type: 'event', listener: (event: never) => void): unknown;
  send(event: never): void;
  close(): void;
  readonly socket: WebSocket;
}

/** Talks until as many items are complete as are wanted. */
async function talk(
  realtime: Realtime,
  first: object,
  wanted: number,
  after: readonly object[] = [],
): Promise<Event[]> {
  const events: Event[] = [];
  const complete = new Promise<void>((resolve) =>
    realtime.on('event', ((event: Event) => {
      events.push(event);
      if (events.filter(({ type }) => type.endsWith('transcription.completed')).length === wanted) resolve();
    }) as never),
  );
  await new Promise((resolve) => realtime.socket.once('open', resolve));
  realtime.send(first as never);
  for (const audio of pieces(SOUND, 24_000)) {
    realtime.send({ type: 'input_audio_buffer.append', audio } as never);
    await soon();
  }
  for (const message of after) realtime.send(message as never);
  await complete;
  const closed = new Promise((resolve) => realtime.socket.once('close', resolve));
  realtime.close();
  await closed;
  return events;
}

const textsOf = (events: readonly Event[]): (string | undefined)[] =>
  events.filter(({ type }) => type.endsWith('transcription.completed')).map(({ transcript }) => transcript);
/** Of each item, all its deltas as one. */
const deltasOf = (events: readonly Event[]): string[] => {
  const items = new Map<string, string>();
  for (const { type, item_id, delta } of events)
    if (type.endsWith('transcription.delta')) items.set(item_id!, (items.get(item_id!) ?? '') + delta);
  return [...items.values()];
};
const SERVER_VAD = { type: 'server_vad', silence_duration_ms: 200 };

t.test("OpenAI's own client gets a turn for each span of speech, in the newer shape", async (t) => {
  const realtime = new OpenAIRealtimeWS({ model: 'gpt-4o-transcribe', options: tunnel }, client);
  const input = { transcription: { model: 'gpt-4o-transcribe', language: 'en' }, turn_detection: SERVER_VAD };
  const events = await talk(
    realtime as never,
    { type: 'session.update', session: { type: 'transcription', audio: { input } } },
    2,
  );
  t.same(textsOf(events), ['Hello there. How are you?', 'I am um fine.']);
  t.same(deltasOf(events), ['Hello there. How are you?', 'I am um fine.'], 'deltas only append, to the whole');
  t.match(
    events.slice(0, 2).map(({ type }) => type),
    ['session.created', 'session.updated'],
  );
  t.match(events[1]!.session, { type: 'transcription', audio: { input: { turn_detection: SERVER_VAD } } });
  const [first] = events.filter(({ type }) => type === 'input_audio_buffer.committed');
  const order = events
    .filter((event) => event.item_id === first!.item_id || event.type.startsWith('conversation.item.'))
    .map(({ type }) => type.replace('conversation.item.input_audio_transcription.', ''));
  for (const [before, after] of [
    ['input_audio_buffer.speech_started', 'delta'],
    ['delta', 'completed'],
    ['input_audio_buffer.speech_started', 'input_audio_buffer.speech_stopped'],
    ['input_audio_buffer.speech_stopped', 'input_audio_buffer.committed'],
    ['input_audio_buffer.committed', 'conversation.item.added'],
    ['conversation.item.added', 'conversation.item.done'],
    ['conversation.item.done', 'completed'],
  ] as const)
    t.ok(order.indexOf(before) >= 0 && order.indexOf(before) < order.indexOf(after), `${before} < ${after}`);
  const committed = events.filter(({ type }) => type === 'input_audio_buffer.committed');
  t.same(
    committed.map(({ previous_item_id }) => previous_item_id),
    [null, committed[0]!.item_id],
  );
  t.equal(server.registry.size, 0);
});

t.test('the older shape is spoken to the older client, and a commit ends a turn where silence does not', async (t) => {
  const realtime = new BetaRealtimeWS({ model: 'gpt-4o-transcribe', options: tunnel }, client);
  const session = { input_audio_format: 'pcm16', input_audio_transcription: { language: 'en' }, turn_detection: null };
  const events = await talk(realtime as never, { type: 'transcription_session.update', session }, 1, [
    { type: 'input_audio_buffer.commit' },
  ]);
  t.same(textsOf(events), ['Hello there. How are you? I am um fine.']);
  t.same(deltasOf(events), textsOf(events));
  t.match(
    events.slice(0, 2).map(({ type }) => type),
    ['transcription_session.created', 'transcription_session.updated'],
  );
  t.match(events[1]!.session, session);
  t.equal(events.filter(({ type }) => type === 'conversation.item.created').length, 1);
  t.notOk(
    events.some(({ type }) => type.includes('speech_')),
    'no turns are reported where none are requested',
  );
});

t.test('telephone audio is taken, by a browser with a client secret that brings its settings', async (t) => {
  const minted = await fetch(`${server.url}/v1/realtime/client_secrets`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: JSON.stringify({
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'transcription', audio: { input: { format: { type: 'audio/pcmu' }, turn_detection: null } } },
    }),
  });
  const secret = (await minted.json()) as { value: string; expires_at: number; session: object };
  t.match(secret, { value: /^ek_/, session: { audio: { input: { format: { type: 'audio/pcmu' } } } } });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/realtime?intent=transcription`, [
    'realtime',
    `openai-insecure-api-key.${secret.value}`,
  ]);
  const events: Event[] = [];
  const complete = new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      events.push(JSON.parse(String(data)));
      if (events.at(-1)!.type.endsWith('completed')) resolve();
    }),
  );
  await new Promise((resolve) => socket.once('open', resolve));
  t.equal(socket.protocol, 'realtime', 'the key is not echoed');
  // 0xff and 0x7f are silence, 0x80 and 0x00 full scale.
  const law = Uint8Array.from({ length: 2 * 8_000 }, (_, i) =>
    i > 4_000 && i < 12_000 ? (i & 8 ? 0x90 : 0x10) : 0xff,
  );
  socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio: Buffer.from(law).toString('base64') }));
  socket.send(JSON.stringify({ type: 'input_audio_buffer.commit' }));
  await complete;
  t.match(events[0], { type: 'session.created', session: { audio: { input: { format: { type: 'audio/pcmu' } } } } });
  t.match(textsOf(events)[0], /^Hello there\./);
  socket.close();
});

t.test('what is wrong is answered by an error event, and the session goes on', async (t) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/realtime?intent=transcription`);
  const events: Event[] = [];
  const answered = new Promise<void>((resolve) =>
    socket.on('message', (data) => {
      events.push(JSON.parse(String(data)));
      if (events.at(-1)!.type === 'input_audio_buffer.cleared') resolve();
    }),
  );
  await new Promise((resolve) => socket.once('open', resolve));
  for (const message of [
    '{',
    '[]',
    '{"type":"response.create","event_id":"mine"}',
    '{"type":"input_audio_buffer.append","audio":7}',
    '{"type":"input_audio_buffer.commit"}',
    '{"type":"session.update","session":{"audio":{"input":{"format":{"type":"audio/mp3"}}}}}',
    '{"type":"session.update","session":{"audio":{"input":{"turn_detection":{"type":"guess"}}}}}',
    '{"type":"session.update","session":{"audio":{"input":{"transcription":{"language":"???"}}}}}',
    '{"type":"input_audio_buffer.clear"}',
  ])
    socket.send(message);
  await answered;
  const codes = events.slice(1, -1).map(({ error }) => error?.code);
  t.same(codes, [
    ...['invalid_json', 'invalid_json', 'invalid_value', 'invalid_value', 'input_audio_buffer_commit_empty'],
    ...['invalid_value', 'invalid_value', 'invalid_value'],
  ]);
  t.equal(events[3]!.error?.event_id, 'mine');
  socket.close();
});
