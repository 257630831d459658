import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { getModelPath } from '../../models/locate.ts';
import { describeFile } from '../../models/present.ts';
import { findModel } from '../../models/registry.ts';
import { OPENERS, type Openers } from '../../server/compose/openers.ts';
import { describeHere } from '../../server/compose/select-models.ts';
import { loadConfig } from '../../server/config/load.ts';
import type { WorkerPool } from '../../server/engine/pool.ts';
import { ScriptedRecogniser } from '../../server/engine/script.ts';
import { startServer } from '../../server/main.ts';
import { MeasurementFile } from '../../server/store/measurement-file.ts';

const data = mkdtempSync(join(tmpdir(), 'sotto-start-'));
t.teardown(() => rmSync(data, { recursive: true, force: true }));

const args = ['--port=0', '--vad=energy', '--cleanup=off', '--no-journal', '--keep=off', '--config=', `--data=${data}`];

/** A server whose engine answers from a script, and takes so many seconds for a second of speech. */
function start(realTimeFactor: number, ...more: readonly string[]) {
  const open: Openers = {
    ...OPENERS,
    recogniser: async (config) => {
      const scripted = new ScriptedRecogniser([]);
      const info = { engine: 'script', multilingual: true, slots: 2, detail: 'answers from a script' } as const;
      const small = { model: config['small-model'], multilingual: false, realTimeFactor: realTimeFactor / 3 };
      const ready = async () => ({
        ...{ ...info, model: config.model, realTimeFactor },
        ...(small.model === 'none' ? {} : { small }),
      });
      return Object.assign(scripted, { ready, restarts: 0, downMs: 0 }) as unknown as WorkerPool;
    },
  };
  return startServer(loadConfig([...args, ...more], {}).config, open);
}

const readInfo = async (url: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${url}/v1/info`)).json()) as Record<string, unknown>;

t.test('a first start says that it measures, and later ones the number at once', async (t) => {
  const first = await start(0.03, '--model=base');
  t.match(first.greeting, /model {4}base \(99 languages\)\n/, 'a named model needs no reason');
  t.match(first.greeting, /streams {2}measuring how many this machine carries/);
  t.equal((await readInfo(first.url))['streams'], undefined);
  await first.close();

  const config = loadConfig([...args, '--model=base'], {}).config;
  const on = describeHere(config, 'script');
  const file = describeFile(getModelPath(findModel('base')!));
  new MeasurementFile(data).add({ ...on, model: 'base', file, streams: 7, isLeast: false });
  const second = await start(0.03, '--model=base');
  t.match(second.greeting, /streams {2}7 live with base, as measured on this machine\n/);
  t.equal((await readInfo(second.url))['streams'], 7);
  await second.close();
});

t.test('a server that chooses its model says why, and who hears English', async (t) => {
  const quick = await start(0.03, '--no-measure');
  t.match(quick.greeting, /base \(99 languages\), the best here that keeps live text quick/);
  t.match(quick.greeting, /small {4}tiny\.en \(English\) under load/);
  t.match(quick.greeting, /streams {2}about \d+ live, guessed/);
  await quick.close();
  const slow = await start(0.3, '--no-measure', '--slots=1');
  t.match(slow.greeting, /base \(99 languages\), slow on this machine: .*; tiny\.en hears English/);
  t.match(slow.greeting, /small {4}tiny\.en \(English\) for English/);
  t.match(await readInfo(slow.url), { model: 'base', small: { model: 'tiny.en' }, isEnglishSmall: true });
  await slow.close();
});
