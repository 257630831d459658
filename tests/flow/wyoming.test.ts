import { connect, type Socket } from 'node:net';
import t from 'tap';
import { noAuth } from '../../server/access/no-auth.ts';
import { createWyomingRoutes, WYOMING_PATH } from '../../server/dialect/wyoming.ts';
import { type WyomingEvent, WyomingReader } from '../../server/dialect/wyoming-frames.ts';
import type { ScriptWord } from '../../server/engine/script.ts';
import { silentMeter } from '../../server/flow/silent-meter.ts';
import { createBugReporter } from '../../server/observe/bug-reporter.ts';
import type { Log } from '../../server/ports/log.ts';
import { TcpTransport } from '../../server/transport/tcp.ts';
import { randomFrom } from '../support/random.ts';
import { openScriptedServer, script, silentLog, sound } from '../support/scripted-server.ts';
import { SEED } from '../support/seed.ts';
import { simulateDelay, until } from '../support/until.ts';

const AUDIO = { rate: 16_000, width: 2, channels: 1 };

async function stand(
  t: { teardown(run: () => unknown): void },
  {
    words = [],
    sessionsMax = 8,
    allowed = [],
    log = silentLog,
  }: { words?: readonly ScriptWord[]; sessionsMax?: number; allowed?: string[]; log?: Log } = {},
) {
  const server = await openScriptedServer(words, sessionsMax, { log });
  const gateway = server.gatewayTo(createWyomingRoutes('all'), noAuth);
  const transport = new TcpTransport(
    gateway,
    { path: WYOMING_PATH, allowedAddresses: allowed },
    createBugReporter(log, silentMeter),
  );
  const port = await transport.listen('127.0.0.1', 0);
  t.teardown(() => Promise.all([server.close(), transport.close()]));
  return { server, transport, gateway, port, dial: () => dial(t, port) };
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
    await until(() => server.registry.size === 0);
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

t.test('a client of another protocol gets an error and is disconnected, and the server lives', async (t) => {
  const { dial } = await stand(t);
  const browser = await dial();
  browser.socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n{"type":"describe"}\n');
  t.match((await browser.wait('error'))?.data, { code: 'command.unreadable' });
  await browser.closed();
  const client = await dial();
  client.send('describe');
  t.ok(await client.wait('info'));
});

/** Bytes nobody should send: rubbish, huge promises, JSON nested deep, events cut short, audio of no length. */
function oddBytes(random: () => number): Buffer {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const odd = (): unknown =>
    pick([-1, 0, 1.5, 1e15, 70_000, 2_000_000, '9', null, [], {}, '\ud800', 16_000, 2, 48_001]);
  const types = ['describe', 'ping', 'transcribe', 'audio-start', 'audio-chunk', 'audio-stop', 'x', ''];
  const kind = random();
  if (kind < 0.15) return Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256)));
  if (kind < 0.25) return Buffer.from(`{"type":"ping","data":${'['.repeat(pick([10, 30_000]))}\n`);
  if (kind < 0.3) return Buffer.alloc(100_000, 'a');
  const data = {
    rate: pick([16_000, 44_100, odd()]),
    width: pick([2, 4, odd()]),
    channels: pick([1, 2, odd()]),
    text: odd(),
  };
  const block = Buffer.from(JSON.stringify(data));
  const payload = Buffer.alloc(Math.floor(random() * 3_000), 7);
  const header = {
    type: random() < 0.9 ? pick(types) : odd(),
    data_length: random() < 0.9 ? block.length : odd(),
    payload_length: random() < 0.9 ? payload.length : odd(),
  };
  const whole = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), block, payload]);
  return random() < 0.8 ? whole : whole.subarray(0, Math.floor(random() * whole.length));
}

t.test('clients that keep no rule do not disturb one that does', async (t) => {
  const bugs: string[] = [];
  const log = {
    ...silentLog,
    error: (fields: object, text: string) => void bugs.push(`${text} ${JSON.stringify(fields)}`),
  };
  const { dial, server, port } = await stand(t, { words: script('Turn on the light.', 0.6), sessionsMax: 64, log });
  const friend = await dial();
  friend.send('audio-start', AUDIO);
  const samples = sound(2, [[0.5, 1.9]]);
  const attack = async (number: number): Promise<void> => {
    const random = randomFrom(SEED * 10 + number);
    for (let visit = 0; visit < 60; visit++) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      if (random() < 0.9) socket.resume();
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
      for (let i = random() * 12; i > 0 && !socket.destroyed; i--) {
        const bytes = oddBytes(random);
        const cut = random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length;
        socket.write(bytes.subarray(0, cut));
        if (cut < bytes.length) await new Promise((resolve) => setImmediate(resolve));
        socket.write(bytes.subarray(cut));
      }
      if (random() < 0.5) socket.end();
      else socket.destroy();
      await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
    }
  };
  const speaking = (async () => {
    for (let at = 0; at < samples.length; at += 1_024) {
      friend.send('audio-chunk', AUDIO, new Uint8Array(samples.slice(at, at + 1_024).buffer));
      await simulateDelay(5);
    }
  })();
  await Promise.all([speaking, ...[0, 1, 2, 3].map(attack)]);
  friend.send('audio-stop');
  t.equal((await friend.wait('transcript'))?.data['text'], 'Turn on the light.');
  friend.socket.end();
  await until(() => server.registry.size === 0);
  t.same(bugs, []);
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
