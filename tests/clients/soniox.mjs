// Soniox' own package against a running server; see README.md beside this file.
// node tests/clients/soniox.mjs FOLDER_WITH_THE_PACKAGES http://127.0.0.1:8080 RECORDING.wav
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, url, recording] = process.argv.slice(2);
const require = createRequire(join(resolve(folder), 'package.json'));
// The package uses the WebSocket of the platform, which Node 20 does not have.
globalThis.WebSocket ??= require('ws').WebSocket;
const { SonioxNodeClient } = require('@soniox/node');

const ws_base_url = `${url.replace(/^http/, 'ws')}/transcribe-websocket`;
const client = new SonioxNodeClient({ api_key: process.env.SOTTO_KEY ?? 'any', realtime: { ws_base_url } });
const session = client.realtime.stt({
  ...{ model: 'stt-rt-v4', audio_format: 'pcm_s16le', sample_rate: 16_000, num_channels: 1 },
  ...{ enable_endpoint_detection: true, language_hints: ['en'] },
});
const counts = new Map();
const finals = [];
for (const event of ['result', 'token', 'endpoint', 'finalized', 'finished', 'error', 'disconnected'])
  session.on(event, (data) => {
    counts.set(event, (counts.get(event) ?? 0) + 1);
    if (event === 'token' && data.is_final) finals.push(data.text);
    if (event === 'error') console.log('soniox error', data);
  });
await session.connect();
const samples = readFileSync(recording).subarray(44);
for (let at = 0; at < samples.length; at += 3_200) {
  session.sendAudio(samples.subarray(at, at + 3_200));
  await new Promise((go) => setTimeout(go, 100));
}
session.finalize();
await session.finish();
console.log('soniox events', JSON.stringify(Object.fromEntries(counts)));
console.log('soniox text  ', finals.join(''));
