import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { ServerEvent } from '../../client/sdk/index.ts';
import { LlamaCleaner } from '../../server/cleaner/llama.ts';
import { type PoolOptions, WorkerPool } from '../../server/engine/pool.ts';
import { bundle } from '../support/scripted-process.ts';
import {
  finalsOf,
  openScriptedServer,
  type ScriptedServer,
  script,
  silentLog,
  sound,
} from '../support/scripted-server.ts';
import type { WorkerScript } from '../support/scripted-worker.ts';
import { simulateDelay, until } from '../support/until.ts';

const SENTENCES = 5;
const texts = Array.from({ length: SENTENCES }, (_, i) => `Now comes um sentence ${i}.`);
const WORDS = texts.flatMap((text, i) => script(text, i * 3 + 0.6));
const SOUND = sound(
  SENTENCES * 3,
  Array.from({ length: SENTENCES }, (_, i) => [i * 3 + 0.5, i * 3 + 2.2] as const),
);
const folder = mkdtempSync(join(tmpdir(), 'sotto-workers-'));
let programs = '';
let remove = (): void => {};
// The programs are plain JavaScript: no loader of the tests has to come up with them.
const execArgv = process.execArgv.splice(0);
t.before(async () => {
  const bundled = await bundle('scripted-worker', 'scripted-cleaner');
  programs = bundled.folder;
  remove = bundled.remove;
});
t.teardown(() => {
  process.execArgv.push(...execArgv);
  remove();
  rmSync(folder, { recursive: true, force: true });
});

async function poolOf(wrong: Partial<WorkerScript>, change: Partial<PoolOptions> = {}): Promise<WorkerPool> {
  const modelPath = join(folder, 'script.json');
  writeFileSync(modelPath, JSON.stringify({ words: WORDS, ...wrong } satisfies WorkerScript));
  const pool = new WorkerPool({
    ...{ modelPath, modelName: 'script', engine: 'stock', slots: 2, decodeTimeoutMs: 1_000 },
    ...{ workerMemoryMbMax: 1_000, log: silentLog, childPath: join(programs, 'scripted-worker.mjs') },
    ...change,
  });
  await pool.ready();
  return pool;
}

/** Speaks in steps, and does something to the worker between some of them. */
async function speak(
  server: ScriptedServer,
  harm: (step: number) => void | Promise<void>,
  samples = SOUND,
): Promise<ServerEvent[]> {
  const session = await server.connect({ partials: { everyMs: 100 } });
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  for (let step = 0; step * 1_600 < samples.length; step++) {
    session.send(samples.subarray(step * 1_600, (step + 1) * 1_600));
    await simulateDelay(4);
    await harm(step);
  }
  await session.finish();
  await reading;
  return events;
}

const missing = (events: readonly ServerEvent[]): ServerEvent[] =>
  events.filter((event) => event.type === 'notice' && event.code === 'engine.restarted');

for (const [name, signal] of [
  ['killed', 'SIGKILL'],
  ['stopped and never goes on', 'SIGSTOP'],
  ['aborted by its own code', 'SIGABRT'],
] as const) {
  t.test(`no word is missing when the worker is ${name}`, async (t) => {
    const pool = await poolOf({ decodeMs: 5 });
    const server = await openScriptedServer(WORDS, 8, { recogniser: pool });
    t.teardown(async () => {
      await server.close();
      await pool.close();
    });
    let restarts = 0;
    const events = await speak(server, async (step) => {
      // In the middle of the first, third and fifth sentence.
      if (step % 60 !== 15 || pool.pid === undefined) return;
      process.kill(pool.pid, signal);
      restarts++;
      if (step === 15) await until(() => pool.restarts >= restarts);
    });
    t.same(finalsOf(events), texts);
    t.same(missing(events), []);
    t.ok(pool.restarts >= 2, `${pool.restarts} restarts`);
  });
}

t.test('while no worker comes up what is said is kept, and decoded when one does', async (t) => {
  const pool = await poolOf({});
  const server = await openScriptedServer(WORDS, 8, { recogniser: pool });
  t.teardown(async () => {
    await server.close();
    await pool.close();
  });
  t.equal(pool.downMs, 0);
  let downMs = 0;
  const events = await speak(server, async (step) => {
    if (step === 15) {
      writeFileSync(join(folder, 'script.json'), 'no script');
      process.kill(pool.pid!, 'SIGKILL');
      await until(() => pool.restarts >= 3);
      downMs = pool.downMs;
    }
    if (step === 40) writeFileSync(join(folder, 'script.json'), JSON.stringify({ words: WORDS }));
  });
  t.ok(downMs > 0, 'and a supervisor can see it');
  t.same(finalsOf(events), texts);
  t.equal(pool.downMs, 0);
});

t.test('audio that kills every worker is set aside, a notice says which, and the rest is there', async (t) => {
  const pool = await poolOf({ deadly: [7] });
  const server = await openScriptedServer(WORDS, 8, { recogniser: pool });
  t.teardown(async () => {
    await server.close();
    await pool.close();
  });
  const other = speak(server, () => {});
  const events = await speak(server, () => {});
  for (const received of [events, await other]) {
    const finals = finalsOf(received);
    t.same([...finals.slice(0, 2), ...finals.slice(-2)], [...texts.slice(0, 2), ...texts.slice(-2)]);
    const [notice, ...more] = missing(received) as Extract<ServerEvent, { type: 'notice' }>[];
    t.same(more, []);
    t.ok(notice!.fromMs! <= 7_000 && notice!.toMs! > 7_000 && notice!.fromMs! > 5_000 && notice!.toMs! < 9_000);
    for (const { sentence, stable } of received.filter((event) => event.type === 'partial'))
      t.ok(
        (received.find((e) => e.type === 'final' && e.sentence === sentence) as { text: string }).text.startsWith(
          stable,
        ),
      );
  }
  t.ok(pool.restarts <= 10, `${pool.restarts} restarts for two sessions`);
});

t.test('what is said right before and behind deadly audio is there', async (t) => {
  const texts = ['One two three.', 'Four five six.', 'Seven eight nine.'];
  const words = texts.flatMap((text, i) => script(text, i * 1.6 + 0.6));
  const samples = sound(
    6,
    texts.map((_, i) => [i * 1.6 + 0.5, i * 1.6 + 1.5] as const),
  );
  const pool = await poolOf({ words, deadly: [2.7] });
  const server = await openScriptedServer(words, 8, { recogniser: pool });
  t.teardown(async () => {
    await server.close();
    await pool.close();
  });
  const events = await speak(server, () => {}, samples);
  const finals = finalsOf(events);
  t.equal(finals[0], texts[0]);
  t.equal(finals.at(-1), texts[2]);
  t.equal(missing(events).length, 1);
});

t.test('an innocent decode beside a deadly one is answered', async (t) => {
  const pool = await poolOf({ deadly: [7] });
  t.teardown(() => pool.close());
  const job = (id: number, from: number) => ({
    ...{ id, kind: 'final' as const, samples: new Float32Array(3 * 16_000), fromSample: from * 16_000 },
    ...{ language: 'en', languages: [], task: 'transcribe' as const, prompt: '', prefix: '' },
  });
  const answers = await Promise.all([job(1, 0), job(2, 6), job(3, 3), job(4, 9)].map((each) => pool.decode(each)));
  t.same(
    answers.map(({ kind }) => kind),
    ['hypothesis', 'failed', 'hypothesis', 'hypothesis'],
  );
  t.ok(pool.restarts <= 3, `${pool.restarts} restarts`);
});

t.test('a decode without end is ended, and the words around it are there', async (t) => {
  const pool = await poolOf({ endless: [7] });
  const server = await openScriptedServer(WORDS, 8, { recogniser: pool });
  t.teardown(async () => {
    await server.close();
    await pool.close();
  });
  const events = await speak(server, () => {});
  const finals = finalsOf(events);
  t.same([...finals.slice(0, 2), ...finals.slice(-2)], [...texts.slice(0, 2), ...texts.slice(-2)]);
  t.equal(missing(events).length, 1);
});

t.test('a decode that makes no step is ended before its time is over, a slow one is not', async (t) => {
  const samples = new Float32Array(400 * 16_000);
  const job = (id: number, from: number, length = 3) => ({
    ...{ id, kind: 'final' as const, samples: samples.subarray(0, length * 16_000), fromSample: from * 16_000 },
    ...{ language: 'en', languages: [], task: 'transcribe' as const, prompt: '', prefix: '' },
  });
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: object, text: string) => void warnings.push(text) };
  const stuck = await poolOf({ stuck: [7] }, { decodeTimeoutMs: 600_000, log });
  t.teardown(() => stuck.close());
  t.match(await stuck.decode(job(1, 6, 400)), { kind: 'failed', code: 'engine.crashed' });
  const once = ['a decode makes no progress; the worker is replaced', 'a worker stopped and is replaced'];
  t.same(warnings, [...once, ...once], 'it is tried twice');
  const slow = await poolOf({ decodeMs: 1_900 }, { decodeTimeoutMs: 600_000 });
  t.teardown(() => slow.close());
  t.match(await slow.decode(job(1, 0, 400)), { kind: 'hypothesis' });
  t.equal(slow.restarts, 0);
});

t.test('a worker that grows is replaced between two decodes, and at once when it grows far', async (t) => {
  for (const memoryMb of [150, 400]) {
    const pool = await poolOf({ grows: { after: 2, memoryMb }, decodeMs: 3 }, { workerMemoryMbMax: 100 });
    const server = await openScriptedServer(WORDS, 8, { recogniser: pool });
    const events = await speak(server, async (step) => {
      // Three sentences have been said by then: however seldom partials came, their finals were decoded.
      if (step === 99) await until(() => pool.restarts >= 1);
    });
    t.same(finalsOf(events), texts, `${memoryMb} MB`);
    t.ok(pool.restarts >= 1, `${pool.restarts} restarts`);
    await server.close();
    await pool.close();
  }
});

t.test('a cleaner that dies or hangs costs no sentence its cleaning', async (t) => {
  const texts = ['Now um one.', 'Then um abort.', 'Then um two.', 'Then um endless.', 'And um three.'];
  const words = texts.flatMap((text, i) => script(text, i * 3 + 0.6));
  const { ScriptedRecogniser } = await import('../../server/engine/script.ts');
  const cleaner = new LlamaCleaner({
    ...{ modelPath: '', modelName: 'scripted', style: 'sotto-clean', threads: 1, log: silentLog },
    childPath: join(programs, 'scripted-cleaner.mjs'),
  });
  await cleaner.ready();
  const server = await openScriptedServer(words, 8, { cleaner, recogniser: new ScriptedRecogniser(words) });
  t.teardown(async () => {
    await server.close();
    await cleaner.close();
  });
  let stopped = false;
  const events = await speak(server, async (step) => {
    if (step === 25 && cleaner.pid !== undefined) {
      process.kill(cleaner.pid, 'SIGSTOP');
      stopped = true;
    }
    if (step === 100) await until(() => cleaner.pid !== undefined);
  });
  t.ok(stopped);
  t.same(finalsOf(events), texts);
  const cleaned = events.filter((event) => event.type === 'cleaned');
  t.same(
    cleaned.map(({ sentence, text }) => [sentence, /\bum\b/.test(text)]).sort(([a], [b]) => Number(a) - Number(b)),
    texts.map((_, i) => [i + 1, false]),
  );
});
