import { connect, type Socket } from 'node:net';
import t from 'tap';
import { openDoor } from '../../server/access/open-door.ts';
import { WYOMING_PATH, wyomingRoutes } from '../../server/dialect/wyoming.ts';
import { type WyomingEvent, WyomingReader } from '../../server/dialect/wyoming-frames.ts';
import type { ScriptWord } from '../../server/engine/script.ts';
import { TcpTransport } from '../../server/transport/tcp.ts';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';

const AUDIO = { rate: 16_000, width: 2, channels: 1 };

async function stand(
  t: { teardown(run: () => unknown): void },
  {
    words = [],
    sessionsMax = 8,
    allowed = [],
  }: { words?: readonly ScriptWord[]; sessionsMax?: number; allowed?: string[] } = {},
) {
  const server = await openScriptedServer(words, sessionsMax);
  const gateway = server.gatewayTo(wyomingRoutes('all'), openDoor);
  const transport = new TcpTransport(gateway, { path: WYOMING_PATH, allowed });
  const port = await transport.listen('127.0.0.1', 0);
  t.teardown(() => Promise.all([server.close(), transport.close()]));
  return { server, transport, gateway, dial: () => dial(t, port) };
}

/** A client as Home Assistant has one: it writes events and waits for the one it wants, whatever else comes. */
async function dial(t: { teardown(run: () => unknown): void }, port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  const reader = new WyomingReader();
  const events: WyomingEvent[] = [];
  let ended = false;
  let wake = (): void => {};
  socket.on('data', (bytes) => {
    events.push(...reader.read(bytes));
    wake();
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  return {
    socket,
    events,
    send(type: string, data: object = {}, payload: Uint8Array = new Uint8Array(0)): void {
      const block = Buffer.from(JSON.stringify(data));
      const header = { type, version: '1.5.4', data_length: block.length, payload_length: payload.length };
      socket.write(`${JSON.stringify(header)}\n`);
      socket.write(block);
      socket.write(payload);
    },
    async wait(type: string): Promise<WyomingEvent | undefined> {
      for (;;) {
        const at = events.findIndex((event) => event.type === type);
        if (at >= 0) return events.splice(0, at + 1).at(-1);
        if (ended) return undefined;
        await changed();
      }
    },
    async closed(): Promise<void> {
      while (!ended) await changed();
    },
  };
}

t.test(
  'Home Assistant asks what there is and gets its commands, one after the other over one connection',
  async (t) => {
    const { dial, server } = await stand(t, {
      words: [...script('Turn on the light.', 0.6), ...script('And off.', 3.1)],
    });
    const client = await dial();
    client.send('describe');
    t.match((await client.wait('info'))?.data, { asr: [{ models: [{ name: 'script' }] }] });
    const samples = sound(4, [
      [0.5, 1.9],
      [3, 3.7],
    ]);
    const speak = (from: number, to: number): void => {
      client.send('transcribe', { language: 'en' });
      client.send('audio-start', AUDIO);
      for (let at = from * 16_000; at < to * 16_000; at += 1_024) {
        const part = samples.slice(at, Math.min(to * 16_000, at + 1_024));
        client.send('audio-chunk', AUDIO, new Uint8Array(part.buffer));
      }
      client.send('audio-stop');
    };
    speak(0, 2);
    t.equal((await client.wait('transcript'))?.data['text'], 'Turn on the light.');
    t.ok(await client.wait('transcript-stop'));
    speak(2, 4);
    const start = await client.wait('transcript-start');
    t.ok(start);
    t.equal((await client.wait('transcript-chunk'))?.data['text']?.toString().slice(0, 3), 'And');
    t.equal((await client.wait('transcript'))?.data['text'], 'And off.');
    t.equal(server.registry.size, 1);
    client.socket.end();
    await client.closed();
    while (server.registry.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    t.equal(server.registry.size, 0, 'the session ends with its connection');
  },
);

t.test('a full server says so, and a stranger is cut off without a word', async (t) => {
  const full = await (await stand(t, { sessionsMax: 0 })).dial();
  t.match((await full.wait('error'))?.data, { code: 'server.full' });
  await full.closed();
  const stranger = await (await stand(t, { allowed: ['192.0.2.1'] })).dial();
  stranger.send('describe');
  await stranger.closed();
  t.same(stranger.events, []);
  const friend = await (await stand(t, { allowed: ['127.0.0.1'] })).dial();
  friend.send('describe');
  t.ok(await friend.wait('info'));
});

t.test('who speaks another protocol is told and let go, and the server lives', async (t) => {
  const { dial } = await stand(t);
  const browser = await dial();
  browser.socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n{"type":"describe"}\n');
  t.match((await browser.wait('error'))?.data, { code: 'command.unreadable' });
  await browser.closed();
  const client = await dial();
  client.send('describe');
  t.ok(await client.wait('info'));
});

t.test('closing ends live connections and takes no new ones', async (t) => {
  const { dial, transport } = await stand(t);
  const client = await dial();
  client.send('describe');
  await client.wait('info');
  const closing = transport.close();
  t.equal(transport.close(), closing, 'the same promise every time');
  await client.closed();
  await closing;
  await t.rejects(dial());
});
