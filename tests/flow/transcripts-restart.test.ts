import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import { connect, type ServerEvent, Transcripts } from '../../client/sdk/index.ts';
import { openTranscripts } from '../../server/store/open-transcripts.ts';
import { decodeAudio } from '../support/decode-audio.ts';
import { randomFrom } from '../support/random.ts';
import { bundle, freePort, type ScriptedProcess, startScriptedProcess } from '../support/scripted-process.ts';
import { script, sound } from '../support/scripted-server.ts';
import { simulateDelay, until } from '../support/until.ts';

const SENTENCES = 8;
const WORDS = Array.from({ length: SENTENCES }, (_, i) => script(`Now comes um sentence ${i}.`, i * 3 + 0.6)).flat();
const SOUND = sound(
  SENTENCES * 3,
  Array.from({ length: SENTENCES }, (_, i) => [i * 3 + 0.5, i * 3 + 2.2] as const),
);

let program = '';
const folder = mkdtempSync(join(tmpdir(), 'sotto-kept-'));
t.before(async () => {
  const bundled = await bundle('scripted-process-main', 'transcript-thread-main');
  program = join(bundled.folder, 'scripted-process-main.mjs');
  t.teardown(() => {
    bundled.remove();
    rmSync(folder, { recursive: true, force: true });
  });
});

/** In how many tenths of a second the audio of a transcript is loud where `SOUND` is, where it is not, and silent where it is. */
async function compareWithSound(url: string, id: string) {
  const bytes = await (await fetch(`${url}/v1/transcripts/${id}/audio`)).arrayBuffer();
  const { channelData } = decodeAudio(new Uint8Array(bytes));
  const counts = { heard: 0, misplaced: 0, missing: 0 };
  for (let tenth = 0; tenth < SENTENCES * 30; tenth++) {
    const samples = channelData[0]!.subarray(tenth * 4_800, (tenth + 1) * 4_800);
    const isLoud = Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length) > 0.05;
    const of = tenth % 30;
    // Away from the edges, which a codec blurs.
    if (of >= 6 && of < 21) counts[isLoud ? 'heard' : 'missing']++;
    else if ((of < 4 || of >= 23) && isLoud) counts.misplaced++;
  }
  return counts;
}

t.test('over kills of the server a transcript has every sentence once, as it was sent', async (t) => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const setup = { words: WORDS, port, folder: join(folder, 'journal'), transcripts: join(folder, 'transcripts') };
  const start = (): Promise<ScriptedProcess> => startScriptedProcess(program, setup);
  let server = await start();
  let kills = 0;
  const kill = async (): Promise<void> => {
    kills++;
    await server.kill();
    server = await start();
  };
  const kept = new Transcripts({ url });
  const ids: string[] = [];
  for (const seed of [3, 4]) {
    const random = randomFrom(seed);
    const session = await connect({
      url,
      WebSocket: WebSocket as never,
      partials: { mode: 'off' },
      keep: { title: `${seed}`, audio: true },
    });
    const events: ServerEvent[] = [];
    session.on('final', (event) => events.push(event));
    session.on('cleaned', (event) => events.push(event));
    ids.push((await session.opened).transcript!);
    let next = random() * SOUND.length * 0.3;
    for (let at = 0; at < SOUND.length; at += 1_600) {
      session.send(SOUND.subarray(at, at + 1_600));
      await session.sent();
      await new Promise((resolve) => setImmediate(resolve));
      if (at < next) continue;
      next = at + random() * SOUND.length * 0.3;
      await kill();
    }
    const done = session.finish();
    if (seed === 4) await kill();
    await done;
    const { sentences, durationMs, audio } = await kept.read(ids.at(-1)!);
    t.match(audio, [{ part: 1, channel: 0 }]);
    const { heard, misplaced, missing } = await compareWithSound(url, ids.at(-1)!);
    t.equal(misplaced, 0, 'audio stands at its place');
    // A kill takes what was not stored yet: two seconds of a speaker, more of a client that sends as fast as it can.
    t.ok(heard > missing, `${heard} heard, ${missing} missing`);
    const sentFinals = events
      .filter((event) => event.type === 'final')
      .map(({ sentence, text, fromMs, toMs }) => {
        const cleaned = events.find((event) => event.type === 'cleaned' && event.sentence === sentence) as {
          text: string;
        };
        return { part: 1, sentence, text, cleaned: cleaned.text, fromMs, toMs };
      });
    t.equal(sentFinals.length, SENTENCES);
    t.same(
      sentences.map(({ part, sentence, text, cleaned, fromMs, toMs }) => ({
        part,
        sentence,
        text,
        cleaned,
        fromMs,
        toMs,
      })),
      sentFinals,
      `seed ${seed}`,
    );
    t.equal(durationMs, SENTENCES * 3_000);
  }
  t.ok(kills >= 4, `${kills} kills`);
  await server.kill();
});

t.test('what a client said that came back too late is finalised at the restart and kept', async (t) => {
  const port = await freePort();
  const setup = {
    words: WORDS,
    port,
    folder: join(folder, 'late'),
    transcripts: join(folder, 'late-kept'),
    graceMs: 300,
  };
  let server = await startScriptedProcess(program, setup);
  const session = await connect({ url: server.url, WebSocket: WebSocket as never, reconnect: false, keep: {} });
  const { transcript } = await session.opened;
  const shown = new Promise<void>((resolve) => session.on('partial', () => resolve()));
  session.send(SOUND.subarray(0, 32_000));
  await shown;
  await server.kill();
  // Nobody comes back while it is down, longer than a session waits for its client.
  await simulateDelay(600);
  server = await startScriptedProcess(program, setup);
  const kept = new Transcripts({ url: server.url });
  await until(async () => (await kept.read(transcript!)).sentences.length > 0);
  t.match((await kept.read(transcript!)).sentences, [{ text: /^Now comes/ }]);
  await server.kill();
  const store = await openTranscripts({
    ...{ folder: setup.transcripts, sync: 'never', bounds: { bytesMax: 0, bytesPerOwnerMax: 0 } },
    onBrokenFile: () => t.fail('a sound file'),
    onError: (error) => t.error(error),
  });
  t.equal((await store.read('', transcript!))?.sentences.length, 1, 'and is in the file after another kill');
  await store.close();
});
