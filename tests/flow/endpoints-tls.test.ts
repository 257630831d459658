import { DeepgramClient } from '@deepgram/sdk';
import { StreamingTranscriber, type TurnEvent } from 'assemblyai';
import OpenAI, { toFile } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import t, { type Test } from 'tap';
import { LIMITS } from '../../protocol/index.ts';
import type { ReportBug } from '../../server/ports/bug.ts';
import type { Transport, TransportHandler } from '../../server/ports/transport.ts';
import { type Certificate, selfSignedCertificate } from '../../server/transport/certificate.ts';
import { UwsTransport } from '../../server/transport/uws.ts';
import { WsTransport } from '../../server/transport/ws.ts';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { loadTestUws, NO_UWS, runsUws } from '../support/uws.ts';
import { wavOf } from '../support/wav-of.ts';

// Three of these clients offer no way to trust one certificate.
process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';

const SOUND = sound(3, [[0.5, 2.1]]);
const TEXT = 'Hello there. How are you?';

type Make = (handler: TransportHandler, reportBug: ReportBug, certificate: Certificate) => Promise<Transport>;

async function stand(t: Test, make: Make): Promise<string> {
  const certificate = await selfSignedCertificate(t.testdir({}), '127.0.0.1', Date.now());
  const server = await openScriptedServer(script(TEXT, 0.6), 8, {
    transport: (handler, reportBug) => make(handler, reportBug, certificate),
  });
  t.teardown(() => server.close());
  return `127.0.0.1:${new URL(server.url).port}`;
}

function* frames(rate: number): Generator<Int16Array> {
  const length = Math.floor((SOUND.length * rate) / 16_000);
  const all = Int16Array.from({ length }, (_, i) => SOUND[Math.floor((i * 16_000) / rate)]!);
  for (let at = 0; at < all.length; at += rate / 10) yield all.slice(at, at + rate / 10);
}

function clients(name: string, make: Make): void {
  t.test(`over TLS by ${name}, OpenAI's own client streams and sends files`, async (t) => {
    const client = new OpenAI({ apiKey: 'any', baseURL: `https://${await stand(t, make)}/v1`, maxRetries: 0 });
    const file = await toFile(wavOf(SOUND), 'speech.wav');
    t.equal((await client.audio.transcriptions.create({ file, model: 'whisper-1' })).text, TEXT);
    const realtime = new OpenAIRealtimeWS({ model: 'gpt-4o-transcribe' }, client);
    const completed = new Promise<string>((resolve) =>
      realtime.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => resolve(transcript)),
    );
    await new Promise((resolve) => realtime.socket.once('open', resolve));
    const input = { turn_detection: { type: 'server_vad', silence_duration_ms: 200 } };
    realtime.send({ type: 'session.update', session: { type: 'transcription', audio: { input } } } as never);
    for (const samples of frames(24_000))
      realtime.send({ type: 'input_audio_buffer.append', audio: Buffer.from(samples.buffer).toString('base64') });
    t.equal(await completed, TEXT);
    realtime.close();
  });

  t.test(`over TLS by ${name}, AssemblyAI's own client streams, and so does Deepgram's`, async (t) => {
    const host = await stand(t, make);
    const options = { apiKey: 'any', websocketBaseUrl: `wss://${host}/v3/ws`, sampleRate: 16_000, formatTurns: true };
    const transcriber = new StreamingTranscriber(options);
    const turns: TurnEvent[] = [];
    transcriber.on('turn', (turn) => turns.push(turn));
    await transcriber.connect();
    for (const samples of frames(16_000)) transcriber.sendAudio(samples.buffer as ArrayBuffer);
    await transcriber.close();
    t.equal(turns.at(-1)!.transcript, TEXT);
    const deepgram = new DeepgramClient({ apiKey: 'any', baseUrl: `https://${host}` });
    const socket = await deepgram.listen.v1.connect({
      ...{ model: 'nova-3', encoding: 'linear16', sample_rate: 16_000, punctuate: 'true' },
    } as never);
    const finals: string[] = [];
    socket.on('message', (message) => {
      const { channel } = message as { channel?: { alternatives: { transcript: string }[] } };
      if (channel?.alternatives !== undefined) finals.push(channel.alternatives[0]!.transcript);
    });
    const closed = new Promise<number>((resolve) =>
      socket.on('close', (event) => resolve((event as { code: number }).code)),
    );
    socket.connect();
    await socket.waitForOpen();
    for (const samples of frames(16_000)) socket.sendMedia(Buffer.from(samples.buffer) as never);
    socket.sendCloseStream({ type: 'CloseStream' });
    t.equal(await closed, 1000);
    t.equal(finals.filter(Boolean).join(' '), TEXT);
  });
}

clients(
  'ws',
  async (handler, reportBug, certificate) => new WsTransport(handler, { ...LIMITS, certificate }, reportBug),
);
if (runsUws)
  clients(
    'uws',
    async (handler, reportBug, certificate) =>
      new UwsTransport(await loadTestUws(), handler, { ...LIMITS, certificate }, reportBug),
  );
else t.pass(`left out: ${NO_UWS}`);
