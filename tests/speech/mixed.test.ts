import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import t from 'tap';
import { WebSocket } from 'ws';
import { type ConnectOptions, connect, type EventOf, type ServerEvent } from '../../client/sdk/index.ts';
import type { RunningServer } from '../../server/main.ts';
import { readRecordings, readSamples } from '../support/recordings.ts';
import { converse } from '../support/scripted-server.ts';
import { openServer } from '../support/server.ts';
import { simulateDelay } from '../support/until.ts';
import { wordErrorRate } from '../support/wer.ts';

const recordings = readRecordings(fileURLToPath(new URL('../fixtures/speech', import.meta.url)));
const recordingOf = (file: string) => recordings.find((each) => each.file === file)!;
const samplesOf = (file: string): Int16Array => readSamples(recordingOf(file).path);
const QUIET = new Int16Array(16_000);

function joined(...parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function transcribe(server: RunningServer, samples: Int16Array, options: Partial<ConnectOptions>) {
  const session = await connect({ url: server.url, WebSocket: WebSocket as never, ...options });
  return converse(session, samples);
}

const finalsOf = (events: readonly ServerEvent[]): EventOf<'final'>[] =>
  events.filter((event) => event.type === 'final');
const textOf = (events: readonly ServerEvent[]): string =>
  finalsOf(events)
    .map(({ text }) => text)
    .join(' ');

t.test('two people on two channels are two transcripts, each with its own times', async (t) => {
  const server = await openServer('--model', 'tiny.en', '--cleanup', 'off');
  t.teardown(() => server.close());
  const me = recordingOf('short_01.wav');
  const them = recordingOf('short_05.wav');
  // They speak a second after me, over each other.
  const sides = [joined(samplesOf(me.file), QUIET, QUIET, QUIET), joined(QUIET, samplesOf(them.file), QUIET)];
  const length = Math.max(...sides.map((side) => side.length));
  const stereo = Int16Array.from({ length: length * 2 }, (_, i) => sides[i % 2]![i >> 1] ?? 0);
  const audio = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 2, channelMode: 'separate' } as const;
  const events = await transcribe(server, stereo, { audio, language: 'en' });
  for (const [channel, { file, text, words }] of [me, them].entries()) {
    const finals = finalsOf(events).filter((final) => final.channel === channel);
    const finalText = finals.map((final) => final.text).join(' ');
    t.ok(wordErrorRate(text, finalText, 'en').errors <= 1, `${file}: ${finalText}`);
    const offMs = finals[0]!.words[0]!.fromMs - (words[0]!.start + channel) * 1_000;
    t.ok(Math.abs(offMs) <= 400, `${file} begins ${Math.round(offMs)} ms from where it was said`);
  }
});

t.test('a language is followed, listed or translated', async (t) => {
  const server = await openServer('--model', 'base', '--cleanup', 'off');
  t.teardown(() => server.close());
  const languagesOf = (events: readonly ServerEvent[]): string[] => finalsOf(events).map(({ language }) => language);

  await t.test('a speaker who changes language is followed within two sentences', async (t) => {
    const english = joined(samplesOf('short_01.wav'), QUIET, samplesOf('short_10.wav'), QUIET);
    const german = joined(samplesOf('fleurs_de_001.wav'), QUIET);
    const events = await transcribe(server, joined(english, german, QUIET), { language: 'auto' });
    const from = english.length / 16;
    const before = finalsOf(events).filter(({ toMs }) => toMs < from);
    const after = finalsOf(events).filter(({ fromMs }) => fromMs >= from - 300);
    t.same([...new Set(before.map(({ language }) => language))], ['en']);
    t.ok(after.length > 0, textOf(events));
    t.ok(after.slice(0, 2).some(({ language }) => language === 'de') || after[0]?.language === 'de', textOf(events));
    t.equal(after.at(-1)?.language, 'de', textOf(events));
  });

  await t.test('a foreign name between English sentences does not change the language', async (t) => {
    // "Giancarlo Fisichella", as a Portuguese says it.
    const name = samplesOf('fleurs_pt_002.wav').subarray(0.2 * 16_000, 2.4 * 16_000);
    const events = await transcribe(
      server,
      joined(
        samplesOf('short_01.wav'),
        QUIET,
        samplesOf('short_10.wav'),
        QUIET,
        name,
        QUIET,
        samplesOf('short_14.wav'),
        QUIET,
      ),
      { language: 'auto' },
    );
    const notices = events.filter((event) => event.type === 'notice' && event.code === 'language');
    t.equal(notices.length, 1, 'English is reported once, and nothing else');
    t.equal(languagesOf(events).at(-1), 'en', textOf(events));
  });

  await t.test('only languages of the list are heard', async (t) => {
    const events = await transcribe(server, joined(samplesOf('fleurs_pt_002.wav'), QUIET), {
      language: 'auto',
      languages: ['en', 'es'],
    });
    t.ok(languagesOf(events).length > 0);
    for (const language of languagesOf(events)) t.ok(['en', 'es'].includes(language), `${language}: ${textOf(events)}`);
  });

  await t.test('German has its English beside it', async (t) => {
    const samples = joined(samplesOf('fleurs_de_001.wav'), QUIET);
    const events = await transcribe(server, samples, { language: 'de', translations: ['en'] });
    t.same([...new Set(languagesOf(events))], ['de'], textOf(events));
    const english = events.flatMap((event) => (event.type === 'translated' ? [event.text] : [])).join(' ');
    t.match(english, /water|dinosaur/i);
    t.notMatch(english, /wasser/i);
  });

  await t.test('a translation is English text, live', async (t) => {
    const samples = joined(samplesOf('fleurs_es_002.wav'), QUIET);
    const session = await connect({
      url: server.url,
      WebSocket: WebSocket as never,
      language: 'es',
      task: 'translate',
    });
    const events: ServerEvent[] = [];
    const reading = (async () => {
      for await (const event of session) events.push(event);
    })();
    const isShown = (): boolean => events.some((event) => event.type === 'partial' && event.words.length > 0);
    // Four times as fast as it was spoken; where the machine was too slow to show a word meanwhile, again and slower.
    for (let paceMs = 25; paceMs <= 200 && !isShown(); paceMs *= 2) {
      for (let at = 0; at < samples.length; at += 1_600) {
        session.send(samples.subarray(at, at + 1_600));
        await simulateDelay(paceMs);
      }
    }
    await session.finish();
    await reading;
    const text = textOf(events);
    t.match(text.toLowerCase(), /people|funeral|square|plaza/, text);
    t.same([...new Set(languagesOf(events))], ['en']);
    t.ok(isShown(), 'there were partials');
  });

  await t.test('a file posted to the OpenAI-compatible endpoint is translated into English', async (t) => {
    const client = new OpenAI({ apiKey: 'any', baseURL: `${server.url}/v1` });
    const file = createReadStream(recordingOf('fleurs_es_002.wav').path);
    const { text } = await client.audio.translations.create({ file, model: 'whisper-1' });
    t.match(text.toLowerCase(), /people|funeral|square|plaza/, text);
  });
});

t.test('an English-only model says that it cannot translate', async (t) => {
  const server = await openServer('--model', 'tiny.en', '--cleanup', 'off');
  t.teardown(() => server.close());
  const asked = connect({ url: server.url, WebSocket: WebSocket as never, task: 'translate' });
  await t.rejects(asked, { code: 'command.option', message: /tiny\.en knows English only/ });
});

t.test('a second model in the same worker hears a session that asks for it', async (t) => {
  const server = await openServer('--model', 'base', '--small-model', 'tiny.en', '--cleanup', 'off');
  t.teardown(() => server.close());
  t.match(server.greeting, /small {4}tiny\.en \(English\)/);
  t.match(server.greeting, /memory {3}\d+ MB here, \d+ MB in the speech worker/);
  const session = await connect({ url: server.url, WebSocket: WebSocket as never, model: 'tiny.en' });
  const events = await converse(session, joined(samplesOf('short_01.wav'), QUIET));
  t.match(events[0], { type: 'ready', model: 'tiny.en', languages: ['en'] });
  t.ok(wordErrorRate(recordingOf('short_01.wav').text, textOf(events), 'en').errors <= 1, textOf(events));
  const german = await transcribe(server, joined(samplesOf('fleurs_de_001.wav'), QUIET), { language: 'auto' });
  t.equal(finalsOf(german)[0]?.language, 'de', 'and the server’s own one hears the others');
});
