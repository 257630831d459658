import { readFileSync } from 'node:fs';
import { createDeepgram } from '@ai-sdk/deepgram';
import { createOpenAI } from '@ai-sdk/openai';
import { experimental_transcribe as transcribe } from 'ai';
import t from 'tap';
import { openScriptedServer, script } from '../support/scripted-server.ts';

const server = await openScriptedServer(script('Hello there. How are you?', 0.6));
t.teardown(() => server.close());
const audio = readFileSync(new URL('../fixtures/formats/short_01.mp3', import.meta.url));

t.test('the Vercel AI SDK transcribes through the OpenAI-compatible endpoint', async (t) => {
  const openai = createOpenAI({ apiKey: 'any', baseURL: `${server.url}/v1` });
  for (const name of ['whisper-1', 'gpt-4o-transcribe']) {
    const { text } = await transcribe({ model: openai.transcription(name), audio });
    t.equal(text, 'Hello there. How are you?', name);
  }
});

t.test('the Vercel AI SDK transcribes through the Deepgram-compatible endpoint, with word times', async (t) => {
  // This provider has no setting for the address; its `fetch` has.
  const here: typeof fetch = (url, init) =>
    fetch(String(url).replace('https://api.deepgram.com', server.url), init as RequestInit);
  const deepgram = createDeepgram({ apiKey: 'any', fetch: here });
  const { text, segments } = await transcribe({ model: deepgram.transcription('nova-3'), audio });
  t.equal(text, 'hello there how are you');
  t.same(
    segments.map(({ text }) => text),
    ['hello', 'there', 'how', 'are', 'you'],
  );
  t.ok(segments.every(({ startSecond, endSecond }) => startSecond < endSecond));
});
