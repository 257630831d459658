import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import { connect } from '../../client/sdk/index.ts';
import { bundle, freePort, startScriptedProcess } from '../support/scripted-process.ts';
import { script, sound } from '../support/scripted-server.ts';
import { simulateDelay } from '../support/until.ts';

const HOUR_MS = 3_600_000;
const SENTENCES = 6;
const TEXTS = Array.from({ length: SENTENCES }, (_, i) => `Now comes sentence ${i}.`);
const WORDS = TEXTS.flatMap((text, i) => script(text, i * 3 + 0.6));
const SOUND = sound(
  SENTENCES * 3,
  TEXTS.map((_, i) => [i * 3 + 0.5, i * 3 + 2.2] as const),
);

t.test('a wall clock that is set by an hour, to and fro, is not noticed by who speaks', async (t) => {
  const { folder: programs, remove } = await bundle('scripted-process-main', 'scripted-worker', 'scripted-cleaner');
  const folder = mkdtempSync(join(tmpdir(), 'sotto-clock-'));
  t.teardown(() => {
    remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const port = await freePort();
  const start = (clockMs: number) =>
    startScriptedProcess(join(programs, 'scripted-process-main.mjs'), {
      words: WORDS,
      port,
      folder,
      programs,
      clockMs,
    });
  let server = await start(0);
  t.teardown(() => server.kill());
  const session = await connect({ url: server.url, WebSocket: WebSocket as never });
  const finals: string[] = [];
  const lines: string[] = [];
  session.on('final', ({ text }) => finals.push(text));
  session.onConnection(({ state }) => lines.push(state));
  for (let sentence = 0; sentence < SENTENCES; sentence++) {
    for (let at = sentence * 48_000; at < (sentence + 1) * 48_000; at += 1_600) {
      session.send(SOUND.subarray(at, at + 1_600));
      await simulateDelay(2);
    }
    await session.flush();
    await server.setClock([HOUR_MS, -HOUR_MS, 24 * HOUR_MS, 0][sentence] ?? 0);
  }
  t.same(finals, TEXTS);
  t.same(lines, [], 'nobody was cut off');
  for (const clockMs of [-2 * HOUR_MS, 3 * HOUR_MS]) {
    await server.kill();
    // Its journal was written in the future, or an hour before its grace time was over.
    server = await start(clockMs);
    session.send(new Int16Array(1_600));
    await session.flush();
  }
  const next = session.finish();
  t.match(await next, { type: 'done', sentences: SENTENCES });
});
