// LiveKit's agents with their Deepgram and OpenAI plugins against a running server; see README.md beside this file.
// node tests/clients/livekit.mjs FOLDER_WITH_THE_PACKAGES http://127.0.0.1:8080 RECORDING.wav
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, url, recording] = process.argv.slice(2);
const require = createRequire(join(resolve(folder), 'package.json'));
const { initializeLogger, stt } = require('@livekit/agents');
const { STT: DeepgramSTT, STTv2: FluxSTT } = require('@livekit/agents-plugin-deepgram');
const { STT: OpenAISTT } = require('@livekit/agents-plugin-openai');
const { AudioFrame, dispose } = require('@livekit/rtc-node');

initializeLogger({ pretty: false, level: 'warn' });
const file = readFileSync(recording);
const samples = new Int16Array(file.buffer, file.byteOffset + 44, (file.length - 44) >> 1);

/** Speaks in real time, as a room does, then falls silent for three seconds, and flushes. */
async function speak(stream) {
  const piece = 320;
  const silence = new Int16Array(3 * 16_000);
  const all = Int16Array.from([...samples, ...silence]);
  for (let at = 0; at < all.length; at += piece) {
    const part = all.slice(at, at + piece);
    stream.pushFrame(new AudioFrame(part, 16_000, 1, part.length));
    await new Promise((go) => setTimeout(go, 20));
  }
  stream.flush();
  await new Promise((go) => setTimeout(go, 2_000));
  stream.endInput();
}

async function live(name, engine) {
  const stream = engine.stream();
  const kinds = new Map();
  const finals = [];
  const reading = (async () => {
    for await (const event of stream) {
      const kind = stt.SpeechEventType[event.type] ?? event.type;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (event.type === stt.SpeechEventType.FINAL_TRANSCRIPT) finals.push(event.alternatives[0]);
    }
  })();
  await speak(stream);
  await Promise.race([reading, new Promise((go) => setTimeout(go, 3_000))]);
  console.log(name, 'events', JSON.stringify(Object.fromEntries(kinds)));
  console.log(name, 'text  ', finals.map(({ text }) => text).join(' '));
  const words = finals.flatMap(({ words }) => words ?? []);
  const ordered = words.every(({ startTime }, i) => i === 0 || startTime >= words[i - 1].startTime);
  console.log(name, 'words ', words.length, ordered ? 'in order' : 'OUT OF ORDER');
}

async function whole(name, engine) {
  const event = await engine.recognize(new AudioFrame(samples, 16_000, 1, samples.length));
  console.log(name, 'text  ', event.alternatives[0].text);
}

const ws = url.replace(/^http/, 'ws');
await live('deepgram live', new DeepgramSTT({ apiKey: 'any', baseUrl: ws }));
await live(
  'deepgram flux',
  new FluxSTT({ apiKey: 'any', endpointUrl: `${ws}/v2/listen`, eagerEotThreshold: 0.4, keyterms: ['Sotto'] }),
);
await whole('deepgram file', new DeepgramSTT({ apiKey: 'any', baseUrl: ws }));
await whole(
  'openai file  ',
  new OpenAISTT({ apiKey: 'any', baseURL: `${url}/v1`, model: 'whisper-1', useRealtime: false }),
);
await live(
  'openai live  ',
  new OpenAISTT({ apiKey: 'any', baseURL: `${url}/v1`, model: 'gpt-4o-transcribe', useRealtime: true }),
);
await dispose();
process.exit(0);
