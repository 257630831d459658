import t from 'tap';
import { WebSocket } from 'ws';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';
import { wavOf } from '../support/wav-of.ts';

const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);
const TEXT = 'Hello there. How are you? I am fine.';

interface Result {
  readonly tokens: readonly { readonly text: string; readonly is_final: boolean }[];
  readonly finished?: boolean;
}

t.test('a client gets each word as final once, from samples and from a container', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  for (const [config, bytes] of [
    [{ audio_format: 'pcm_s16le', sample_rate: 16_000, num_channels: 1 }, Buffer.from(SOUND.buffer)],
    [{ audio_format: 'auto' }, Buffer.from(wavOf(SOUND))],
  ] as const) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/transcribe-websocket`);
    const results: Result[] = [];
    socket.on('message', (data) => results.push(JSON.parse(String(data))));
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.on('open', resolve));
    socket.send(JSON.stringify({ api_key: 'any', model: 'stt-rt-v4', enable_endpoint_detection: true, ...config }));
    for (let at = 0; at < bytes.length; at += 3_200) {
      socket.send(bytes.subarray(at, at + 3_200));
      await simulateDelay(2);
    }
    socket.send('');
    t.equal(await closed, 1000, config.audio_format);
    const finals = results.flatMap(({ tokens }) => tokens.filter(({ is_final }) => is_final).map(({ text }) => text));
    t.equal(finals.filter((text) => text !== '<end>').join(''), TEXT);
    t.ok(finals.includes('<end>'));
    t.ok(
      results.some(({ tokens }) => tokens.some(({ is_final }) => !is_final)),
      'words come while they are spoken',
    );
    t.same(
      results.filter(({ finished }) => finished).map((result) => results.indexOf(result)),
      [results.length - 1],
    );
  }
  t.equal(server.registry.size, 0);
});
