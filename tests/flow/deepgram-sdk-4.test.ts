import { readFileSync } from 'node:fs';
import { createClient, LiveTranscriptionEvents } from 'deepgram-sdk-4';
import t from 'tap';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';

// The generation of Deepgram's client before the present one, which many apps still use.
const WORDS = [...script('Hello there. How are you?', 0.6), ...script('I am um fine.', 3)];
const SOUND = sound(5, [
  [0.5, 2.1],
  [2.9, 4.3],
]);

interface Result {
  readonly is_final: boolean;
  readonly channel: {
    readonly alternatives: readonly {
      readonly transcript: string;
      readonly words: readonly { readonly start: number }[];
    }[];
  };
}

const server = await openScriptedServer(WORDS);
t.teardown(() => server.close());
const client = createClient('any', {
  global: {
    fetch: { options: { url: server.url } },
    websocket: { options: { url: server.url.replace('http', 'ws') } },
  },
});

t.test("Deepgram's older client gets words live, in order, with times, and one clean close", async (t) => {
  const socket = client.listen.live({
    ...{ model: 'nova-2', language: 'en-US', encoding: 'linear16', sample_rate: 16_000, channels: 1 },
    ...{ interim_results: true, smart_format: true, vad_events: true, utterance_end_ms: 1_000 },
  });
  const results: Result[] = [];
  const received: string[] = [];
  const closes: number[] = [];
  socket.on(LiveTranscriptionEvents.Transcript, (result: Result) => results.push(result));
  socket.on(LiveTranscriptionEvents.SpeechStarted, () => received.push('speech'));
  socket.on(LiveTranscriptionEvents.Metadata, () => received.push('metadata'));
  socket.on(LiveTranscriptionEvents.Error, (error: unknown) => t.fail(String(error)));
  const closed = new Promise<void>((resolve) =>
    socket.on(LiveTranscriptionEvents.Close, (event: { code: number }) => {
      closes.push(event.code);
      resolve();
    }),
  );
  await new Promise<void>((resolve) => socket.on(LiveTranscriptionEvents.Open, () => resolve()));
  for (let at = 0; at < SOUND.length; at += 1_600) {
    const chunk = SOUND.slice(at, at + 1_600);
    socket.send(chunk.buffer as ArrayBuffer);
    await simulateDelay(2);
  }
  socket.keepAlive();
  socket.requestClose();
  await closed;
  const finals = results.filter(({ is_final }) => is_final).map(({ channel }) => channel.alternatives[0]!);
  t.same(
    finals.map(({ transcript }) => transcript).filter((text) => text !== ''),
    ['Hello there.', 'How are you?', 'I am fine.'],
  );
  t.ok(
    results.some(({ is_final }) => !is_final),
    'interim results came',
  );
  const starts = finals.flatMap(({ words }) => words.map(({ start }) => start));
  t.same(
    starts,
    starts.toSorted((a, b) => a - b),
    'times go on',
  );
  t.same(received, ['speech', 'speech', 'metadata']);
  t.same(closes, [1000], 'no reconnect');
});

t.test("Deepgram's older client gets the transcript of a file", async (t) => {
  const bytes = readFileSync(new URL('../fixtures/formats/short_01.mp3', import.meta.url));
  const { result, error } = await client.listen.prerecorded.transcribeFile(bytes, {
    model: 'nova-2',
    smart_format: true,
  });
  t.equal(error, null);
  t.match(result!.results.channels[0]!.alternatives[0]!.transcript, /^Hello there\. How are you\?/);
});

t.test("Deepgram's older client is warned of what cannot be done", async (t) => {
  const { error } = await client.listen.prerecorded.transcribeUrl(
    { url: 'https://example.com/a.mp3' },
    { model: 'nova-2' },
  );
  t.ok(error !== null && /url|URL/.test(error.message), error?.message ?? 'no error');
});
