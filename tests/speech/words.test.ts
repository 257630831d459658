import { fileURLToPath } from 'node:url';
import t from 'tap';
import { WebSocket } from 'ws';
import { connect, type ServerEvent, Transcript } from '../../client/sdk/index.ts';
import type { RunningServer } from '../../server/main.ts';
import { type Recording, readRecordings, readSamples } from '../support/recordings.ts';
import { converse } from '../support/scripted-server.ts';
import { openServer } from '../support/server.ts';
import { wordErrorRate } from '../support/wer.ts';

const folder = fileURLToPath(new URL('../fixtures/speech', import.meta.url));
const recordings = readRecordings(folder);
const english = recordings.filter(({ language, kind }) => language === 'en' && kind !== 'spontaneous');

async function transcribe(
  server: RunningServer,
  recording: Recording,
  language = recording.language,
): Promise<ServerEvent[]> {
  const session = await connect({ url: server.url, WebSocket: WebSocket as never, language });
  return converse(session, readSamples(recording.path));
}

/** The raw text of a conversation; throws when an event breaks the contract. */
function textOf(events: readonly ServerEvent[]): string {
  const transcript = new Transcript();
  for (const event of events) transcript.read(event);
  return transcript.text({ raw: true });
}

for (const [model, most] of [
  ['tiny.en', 0.16],
  ['base', 0.14],
] as const) {
  t.test(`${model} hears the words of people and of synthetic voices`, async (t) => {
    const server = await openServer('--model', model);
    t.teardown(() => server.close());
    let errors = 0;
    let words = 0;
    for (const recording of english) {
      const text = textOf(await transcribe(server, recording));
      const count = wordErrorRate(recording.text, text, 'en');
      errors += count.errors;
      words += count.words;
      if (count.errors > 0) t.comment(`${recording.file}: ${count.errors} of ${count.words}: ${text}`);
    }
    t.ok(errors / words <= most, `${errors} of ${words} words are wrong`);
  });
}

/** JFK with a constant offset of two fifths of full scale, which lets the loudest syllables clip. */
function offsetSpeech(): { samples: Int16Array; text: string } {
  const { path, text } = recordings.find(({ file }) => file === 'jfk.wav')!;
  return { samples: readSamples(path).map((value) => Math.min(32_767, value + 13_107)), text };
}

for (const model of ['tiny.en', 'base']) {
  t.test(`${model} hears speech with a constant offset, and nothing twice`, async (t) => {
    const server = await openServer('--model', model);
    t.teardown(() => server.close());
    const { samples, text } = offsetSpeech();
    const session = await connect({ url: server.url, WebSocket: WebSocket as never, language: 'en' });
    const heard = textOf(await converse(session, samples));
    const { errors } = wordErrorRate(text, heard, 'en');
    t.ok(errors <= 1, `${errors} words are wrong: ${heard}`);
  });
}

t.test('base transcribes other languages, given or detected', async (t) => {
  const server = await openServer('--model', 'base');
  t.teardown(() => server.close());
  for (const recording of recordings.filter(({ language }) => !['en', 'zxx'].includes(language))) {
    const events = await transcribe(server, recording, 'auto');
    const text = textOf(events);
    const { errors, words } = wordErrorRate(recording.text, text, recording.language);
    const finals = events.filter((event) => event.type === 'final');
    t.same([...new Set(finals.map(({ language }) => language))], [recording.language], `${recording.file} is detected`);
    t.ok(errors / words <= 0.5, `${recording.file}: ${errors} of ${words}: ${text}`);
  }
});

t.test('silence gives no word, and animals next to none', async (t) => {
  const server = await openServer('--model', 'base');
  t.teardown(() => server.close());
  const quiet = await connect({ url: server.url, WebSocket: WebSocket as never });
  t.equal(textOf(await converse(quiet, new Int16Array(16_000 * 20))), '');
  const noise = await connect({ url: server.url, WebSocket: WebSocket as never });
  const hiss = Int16Array.from({ length: 16_000 * 20 }, (_, i) => 900 * Math.sin(i * i * 12.9898));
  t.equal(textOf(await converse(noise, hiss)), '');
  for (const recording of recordings.filter(({ language }) => language === 'zxx')) {
    t.equal(textOf(await transcribe(server, recording, 'en')), '', recording.file);
  }
});

t.test('word times are near the true ones', async (t) => {
  const server = await openServer('--model', 'base');
  t.teardown(() => server.close());
  const off: number[] = [];
  for (const recording of recordings.filter(({ kind, words }) => kind === 'short' && words.length > 0)) {
    const finalWords = (await transcribe(server, recording)).flatMap((event) =>
      event.type === 'final' ? event.words : [],
    );
    for (const { word, start } of recording.words) {
      const same = finalWords.filter(({ text }) => bare(text) === bare(word));
      const nearest = Math.min(...same.map(({ fromMs }) => Math.abs(fromMs - start * 1_000)));
      if (Number.isFinite(nearest)) off.push(nearest);
    }
  }
  off.sort((a, b) => a - b);
  const median = off[Math.floor(off.length / 2)]!;
  t.ok(off.length > 30, `${off.length} words`);
  t.ok(median <= 120, `the median start is ${Math.round(median)} ms off`);
});

const bare = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
