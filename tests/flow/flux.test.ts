import { DeepgramClient } from '@deepgram/sdk';
import t from 'tap';
import { WebSocket } from 'ws';
import { openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';

interface Message {
  readonly type: string;
  readonly request_id?: string;
  readonly sequence_id: number;
  readonly event?: string;
  readonly turn_index?: number;
  readonly transcript?: string;
  readonly words?: readonly { word: string; start: number; end: number }[];
  readonly trigger?: string;
  readonly end_of_turn_confidence?: number;
}

/** A client that speaks with Deepgram's own package, and what it was told. */
async function converse(
  server: ScriptedServer,
  query: object,
  speak: (socket: Awaited<ReturnType<DeepgramClient['listen']['v2']['connect']>>, said: Message[]) => Promise<void>,
): Promise<{ messages: Message[]; statuses: number[] }> {
  const client = new DeepgramClient({ apiKey: 'any', baseUrl: server.url });
  const socket = await client.listen.v2.connect({
    ...{ model: 'flux-general-en', encoding: 'linear16', sample_rate: 16_000, reconnectAttempts: 3 },
    ...query,
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
  await speak(socket, messages);
  socket.sendCloseStream({ type: 'CloseStream' });
  await closed;
  return { messages, statuses };
}

async function send(socket: { sendMedia(bytes: never): void }, samples: Int16Array): Promise<void> {
  for (let at = 0; at < samples.length; at += 1_280) {
    socket.sendMedia(Buffer.from(samples.slice(at, at + 1_280).buffer) as never);
    await simulateDelay(2);
  }
}

const turnsOf = (messages: readonly Message[], ...events: readonly string[]): string[] =>
  messages
    .filter(({ event }) => event !== undefined && events.includes(event))
    .map(({ event, turn_index, transcript }) => `${turn_index} ${event} ${transcript}`);

t.test("Deepgram's own client gets turns, announced and ended with one text", async (t) => {
  const words = [...script('Hello there. How are you?', 0.6), ...script('I am', 3), ...script('fine.', 4.2)];
  const server = await openScriptedServer(words);
  t.teardown(() => server.close());
  const spoken = sound(7, [
    [0.5, 2.1],
    [2.9, 3.6],
    [4.1, 4.6],
  ]);
  const { messages, statuses } = await converse(
    server,
    { eager_eot_threshold: 0.3, eot_threshold: 0.9, eot_timeout_ms: 2_000, keyterm: ['Sotto', 'Flux'] },
    async (socket) => {
      socket.sendConfigure({ type: 'Configure', thresholds: { eot_threshold: 0.85 }, keyterms: ['Sotto'] });
      await send(socket, spoken);
    },
  );
  t.match(messages[0], { type: 'Connected' });
  t.same(
    messages.map(({ sequence_id }) => sequence_id),
    messages.map((_, i) => i),
  );
  t.equal(new Set(messages.map(({ request_id }) => request_id)).size, 1);
  t.match(
    messages.find(({ type }) => type === 'ConfigureSuccess'),
    { thresholds: { eot_threshold: 0.85, eager_eot_threshold: 0.3, eot_timeout_ms: 2_000 }, keyterms: ['Sotto'] },
  );
  const ends = turnsOf(messages, 'EndOfTurn');
  t.equal(ends.map((end) => end.split(' EndOfTurn ')[1]).join(' '), 'Hello there. How are you? I am fine.');
  t.same(
    ends.map((end) => end[0]),
    ends.map((_, i) => String(i)),
  );
  let announced: string | undefined;
  let eagerEnds = 0;
  for (const { event, transcript } of messages) {
    if (event === 'EagerEndOfTurn') announced = transcript;
    if (event === 'TurnResumed') announced = undefined;
    if (event !== 'EndOfTurn') continue;
    if (announced !== undefined) {
      t.equal(transcript, announced);
      eagerEnds++;
    }
    announced = undefined;
  }
  t.ok(eagerEnds > 0, 'an end was announced');
  const starts = turnsOf(messages, 'StartOfTurn');
  t.equal(starts.length, ends.length);
  for (const { event, words = [], transcript } of messages)
    if (event?.endsWith('EndOfTurn')) t.equal(words.map(({ word }) => word).join(' '), transcript);
  t.ok(turnsOf(messages, 'Update').length > 2);
  t.same(statuses, [1000], 'no reconnect');
  t.equal(server.registry.size, 0);
});

t.test('a client that detects turns itself ends them, and nothing else does before the timeout', async (t) => {
  const server = await openScriptedServer([...script('One two.', 0.6), ...script('Three.', 2.6)]);
  t.teardown(() => server.close());
  const { messages } = await converse(server, { eot_threshold: 1, eot_timeout_ms: 10_000 }, async (socket, said) => {
    await send(socket, sound(2, [[0.5, 1.2]]));
    socket.sendForceEndTurn({ type: 'ForceEndTurn' });
    while (!said.some(({ event }) => event === 'EndOfTurn')) await simulateDelay(5);
    await send(socket, sound(1, [[0.5, 0.9]]));
  });
  t.match(
    messages.filter(({ event }) => event === 'EndOfTurn'),
    [{ transcript: 'One two.', trigger: 'manual', turn_index: 0 }],
  );
  t.match(messages.at(-1), { event: 'Update', transcript: 'Three.', turn_index: 1 }, 'closing ends no turn');
});

t.test('a wrong request is refused before the upgrade, in the shape its clients read', async (t) => {
  const server = await openScriptedServer([]);
  t.teardown(() => server.close());
  for (const query of [
    'model=nova-3',
    'model=flux-general-en&encoding=linear16',
    'model=flux-general-en&eot_threshold=2',
  ]) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v2/listen?${query}`);
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      socket.once('unexpected-response', (_, response) => resolve(response)),
    );
    let body = '';
    for await (const chunk of response) body += chunk;
    t.equal(response.statusCode, 400, query);
    t.match(JSON.parse(body), { err_code: 'Bad Request', request_id: response.headers['dg-request-id'] });
  }
});
