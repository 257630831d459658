// ElevenLabs' own package against a running server; see README.md beside this file.
// node tests/clients/elevenlabs.mjs FOLDER_WITH_THE_PACKAGE http://127.0.0.1:8080 RECORDING.wav
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, url, recording] = process.argv.slice(2);
const require = createRequire(join(resolve(folder), 'package.json'));
const { ElevenLabsClient, RealtimeEvents } = require('@elevenlabs/elevenlabs-js');

const client = new ElevenLabsClient({ apiKey: process.env.SOTTO_KEY ?? 'any', baseUrl: url });
const file = readFileSync(recording);
const samples = file.subarray(44);

/** Speaks in real time and commits at the end, or falls silent for two seconds. */
async function live(name, options) {
  const connection = await client.speechToText.realtime.connect({
    ...{ modelId: 'scribe_v2_realtime', audioFormat: 'pcm_16000', sampleRate: 16_000, includeTimestamps: true },
    ...options,
  });
  const counts = new Map();
  const committed = [];
  let words = [];
  for (const event of Object.values(RealtimeEvents))
    connection.on(event, (data) => {
      counts.set(event, (counts.get(event) ?? 0) + 1);
      if (event === RealtimeEvents.COMMITTED_TRANSCRIPT) committed.push(data.text);
      if (event === RealtimeEvents.COMMITTED_TRANSCRIPT_WITH_TIMESTAMPS) words = words.concat(data.words);
      if (event === RealtimeEvents.ERROR) console.log(name, 'error', data);
    });
  await new Promise((go) => connection.on(RealtimeEvents.SESSION_STARTED, go));
  const isManual = options.commitStrategy === 'manual';
  const all = isManual ? samples : Buffer.concat([samples, Buffer.alloc(64_000)]);
  for (let at = 0; at < all.length; at += 3_200) {
    connection.send({ audioBase64: all.subarray(at, at + 3_200).toString('base64') });
    await new Promise((go) => setTimeout(go, 100));
  }
  if (isManual) connection.commit();
  await new Promise((go) => setTimeout(go, 3_000));
  connection.close();
  console.log(name, 'events', JSON.stringify(Object.fromEntries(counts)));
  console.log(name, 'text  ', committed.join(' '));
  console.log(name, 'words ', words.filter(({ type }) => type === 'word').length);
}

await live('elevenlabs manual', { commitStrategy: 'manual' });
await live('elevenlabs vad   ', { commitStrategy: 'vad', vadSilenceThresholdSecs: 0.8 });
const answer = await client.speechToText.convert({ modelId: 'scribe_v1', file: new Blob([file]), languageCode: 'eng' });
console.log('elevenlabs file  ', answer.text, answer.languageCode, answer.words.length, 'entries');
const { token } = await client.tokens.singleUse.create('realtime_scribe');
console.log('elevenlabs token ', typeof token);
