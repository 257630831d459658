import t from 'tap';
import { WebSocket } from 'ws';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay, until } from '../support/until.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.0],
]);
const SPOKEN = 'hello there how are you i am fine';

/** A client whose messages can be awaited one by one, as both kinds of clients do. */
async function dial(t: { teardown(run: () => unknown): void }, url: string, path = '/') {
  const socket = new WebSocket(url.replace('http', 'ws') + path);
  t.teardown(() => socket.terminate());
  const messages: Record<string, unknown>[] = [];
  const waiting: (() => void)[] = [];
  let status: number | undefined;
  const wake = (): void => {
    for (const run of waiting.splice(0)) run();
  };
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    wake();
  });
  socket.on('close', (code) => {
    status = code;
    wake();
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let read = 0;
  return {
    socket,
    messages,
    recv: async (): Promise<Record<string, unknown> | undefined> => {
      while (messages.length <= read && status === undefined)
        await new Promise<void>((resolve) => waiting.push(resolve));
      return messages[read++];
    },
    closed: async (): Promise<number> => {
      while (status === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
      return status;
    },
  };
}

interface VoskResult {
  readonly text?: string;
  readonly partial?: string;
  readonly result?: { word: string; start: number; end: number }[];
}

t.test(
  'a client of vosk-server that waits for an answer to each frame gets all words, in order, with times',
  async (t) => {
    const server = await openScriptedServer(WORDS);
    t.teardown(() => server.close());
    const { socket, recv, closed, messages } = await dial(t, server.url);
    socket.send('{ "config" : { "sample_rate" : 16000, "words" : 1 } }');
    const answers: VoskResult[] = [];
    let frames = 0;
    for (let at = 0; at < SOUND.length; at += 4_000) {
      socket.send(Buffer.from(SOUND.slice(at, at + 4_000).buffer));
      frames++;
      answers.push((await recv()) as VoskResult);
      await simulateDelay(5);
    }
    t.equal(messages.length, frames, 'one answer for each frame');
    socket.send('{"eof" : 1}');
    answers.push((await recv()) as VoskResult);
    t.equal(await closed(), 1000);
    t.equal(messages.length, frames + 1);
    const results = answers.filter(({ text }) => text !== undefined && text !== '');
    t.equal(results.map(({ text }) => text).join(' '), SPOKEN);
    const words = results.flatMap(({ result }) => result!);
    t.equal(words.map(({ word }) => word).join(' '), SPOKEN);
    for (let i = 1; i < words.length; i++) t.ok(words[i]!.start >= words[i - 1]!.start);
    t.ok(
      answers.some(({ partial }) => partial?.startsWith('hello')),
      'partials came',
    );
  },
);

t.test('a client of vosk-server that leaves without a word takes nothing with it', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const { socket, recv } = await dial(t, server.url, '/vosk');
  socket.send(Buffer.alloc(1_600));
  await recv();
  socket.send('{"eof" : 1}');
  socket.terminate();
  await until(() => server.registry.size === 0);
  t.equal(server.registry.size, 0);
});

t.test(
  'a client of WhisperLive hears that the server is ready, its language, and all sentences, completed',
  async (t) => {
    const server = await openScriptedServer(WORDS);
    t.teardown(() => server.close());
    const { socket, recv, closed, messages } = await dial(t, server.url);
    socket.send('{"uid":"u1","language":null,"task":"transcribe","model":"small","use_vad":true}');
    t.same(await recv(), { uid: 'u1', message: 'SERVER_READY', backend: 'faster_whisper' });
    const floats = Float32Array.from(SOUND, (sample) => sample / 32_768);
    for (let at = 0; at < floats.length; at += 4_096) {
      socket.send(Buffer.from(floats.slice(at, at + 4_096).buffer));
      await simulateDelay(5);
    }
    socket.send(Buffer.from('END_OF_AUDIO'));
    t.equal(await closed(), 1000);
    t.same(messages[1], { uid: 'u1', language: 'en', language_prob: 1 }, 'before any segment');
    t.ok(
      messages.every(({ uid }) => uid === 'u1'),
      'clients drop what does not carry their id',
    );
    const kept: { start: number; text: string }[] = [];
    // As the Python client does: a completed segment counts when it begins after the last that counted has ended.
    let end = 0;
    for (const { segments } of messages) {
      for (const segment of (segments ?? []) as { start: string; end: string; text: string; completed: boolean }[]) {
        if (!segment.completed || Number(segment.start) < end) continue;
        kept.push({ start: Number(segment.start), text: segment.text });
        end = Number(segment.end);
      }
    }
    t.same(
      kept.map(({ text }) => text),
      [' Hello there.', ' How are you?', ' I am fine.'],
    );
  },
);

t.test('a client of WhisperLive at a full server is asked to wait', async (t) => {
  const server = await openScriptedServer([], 0);
  t.teardown(() => server.close());
  const { socket, recv, closed } = await dial(t, server.url);
  socket.send('{"uid":"u1","language":"en","task":"transcribe","model":"small","use_vad":true}');
  t.same(await recv(), { uid: 'u1', status: 'WAIT', message: 1 });
  t.equal(await closed(), 1013);
});
