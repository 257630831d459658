import { DeepgramClient } from '@deepgram/sdk';
import { createClient, LiveTranscriptionEvents } from 'deepgram-sdk-4';
import t, { type Test } from 'tap';
import { Fault, LIMITS } from '../../protocol/index.ts';
import type { Authenticator } from '../../server/ports/authenticator.ts';
import { WsTransport } from '../../server/transport/ws.ts';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';

// Clients that connect again by themselves must have no reason to, unless there was an accident.

const SOUND = Buffer.from(sound(2, [[0.5, 1.5]]).buffer);
const CLOSED = 3;
const unknown = (): Promise<never> => Promise.reject(new Fault('auth.invalid', {}));
const strict: Authenticator = {
  needsKey: true,
  authenticate: unknown,
  reauthenticate: unknown,
  mintToken: unknown,
  findRefusal: () => 'auth.invalid',
};

/** A server that counts who knocks. */
async function stand(t: Test, how: { sessionsMax?: number; access?: Authenticator } = {}) {
  let knocks = 0;
  const server = await openScriptedServer(script('Hello there.', 0.6), how.sessionsMax ?? 8, {
    ...(how.access === undefined ? {} : { access: how.access }),
    transport: async (handler, reportBug) => {
      const counting = {
        handleUpgrade: (request: Parameters<typeof handler.handleUpgrade>[0]) => {
          knocks++;
          return handler.handleUpgrade(request);
        },
        handleRequest: (request: Request, address: string) => handler.handleRequest(request, address),
      };
      return new WsTransport(counting, LIMITS, reportBug);
    },
  });
  t.teardown(() => server.close());
  return { url: server.url, server, knocks: () => knocks };
}

/** With its own settings, and its own answer to the question whether to connect again, written down. */
async function newest(url: string) {
  const again: boolean[] = [];
  const client = new DeepgramClient({ apiKey: 'key', baseUrl: url });
  const socket = await client.listen.v1.connect({
    ...{ model: 'nova-3', encoding: 'linear16', sample_rate: 16_000 },
    shouldReconnect: ({ code }: { code: number }) => {
      again.push(code !== 1000);
      return code !== 1000;
    },
  } as never);
  socket.on('error', () => {});
  const closed = new Promise<number>((resolve) =>
    socket.on('close', (event) => resolve((event as { code: number }).code)),
  );
  socket.connect();
  return { socket, closed, again };
}

t.test("after a normal end Deepgram's clients are closed for good", async (t) => {
  const { url, knocks } = await stand(t);
  const { socket, closed, again } = await newest(url);
  await socket.waitForOpen();
  socket.sendMedia(SOUND as never);
  socket.sendCloseStream({ type: 'CloseStream' });
  t.equal(await closed, 1000);
  t.same(again, [false], 'asked once whether to come back, and no');
  const older = createClient('key', { global: { websocket: { options: { url: url.replace('http', 'ws') } } } });
  const live = older.listen.live({ model: 'nova-2', encoding: 'linear16', sample_rate: 16_000 });
  const over = new Promise<void>((resolve) => live.on(LiveTranscriptionEvents.Close, () => resolve()));
  await new Promise<void>((resolve) => live.on(LiveTranscriptionEvents.Open, () => resolve()));
  live.requestClose();
  await over;
  t.equal(knocks(), 2, 'each came once');
});

t.test('a server that goes away is an accident, and the client would come back', async (t) => {
  const { url, server } = await stand(t);
  const { socket, closed, again } = await newest(url);
  await socket.waitForOpen();
  const closing = server.close();
  t.not(await closed, 1000);
  t.same(again, [true]);
  socket.close();
  await closing;
});

for (const [what, how] of [
  ['a wrong key', { access: strict }],
  ['a full server', { sessionsMax: 0 }],
] as const)
  t.test(`${what} is reported once, and the clients do not try again`, async (t) => {
    const { url, knocks } = await stand(t, how);
    const { socket } = await newest(url);
    await t.rejects(socket.waitForOpen());
    t.equal(socket.readyState, CLOSED);
    t.equal(knocks(), 1);
  });
