import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { measureRunningModels } from '../../../server/compose/measured-models.ts';
import { Measuring, type MeasuringTools } from '../../../server/compose/measuring.ts';
import { selectModels } from '../../../server/compose/select-models.ts';
import { loadConfig } from '../../../server/config/load.ts';
import type { StreamSearch } from '../../../server/core/capacity/stream-search.ts';
import { MeasurementFile } from '../../../server/store/measurement-file.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { scriptedParts, silentLog } from '../../support/scripted-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-measuring-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
let folders = 0;

const IDLE_MS = 5_000;

/** A server on which one decode costs what `realTimeFactors` say, and which carries nine streams. */
async function open({
  data = join(folder, String(++folders)),
  args = [] as string[],
  realTimeFactors = [0.03, 0.015] as readonly [number, number],
  tools = {} as Partial<MeasuringTools>,
} = {}) {
  const asked = loadConfig(['--config=', ...args], {}).config;
  const file = new MeasurementFile(data);
  const config = selectModels(asked, file.read());
  const info = {
    ...({ engine: 'script', model: config.model, multilingual: true, slots: 2, detail: '' } as const),
    realTimeFactor: realTimeFactors[0],
    ...(config['small-model'] === 'none'
      ? {}
      : { small: { model: 'tiny.en', multilingual: false, realTimeFactor: realTimeFactors[1] } }),
  };
  const models = await measureRunningModels(config, asked, { info }, { file, log: silentLog });
  const clock = new ManualClock();
  const { parts, recogniser, reportBug } = scriptedParts([], { clock });
  const lines: string[] = [];
  const trials: { readonly search: StreamSearch; readonly signal: AbortSignal; readonly finish: () => void }[] = [];
  const offer = { ...parts.offer, model: config.model, small: { model: 'tiny.en', languages: ['en'] } };
  const measuring = new Measuring(
    {
      ...{ config, isChoosing: asked.model === 'auto', models, parts: { ...parts, offer }, recogniser, file },
      ...{ monitoring: { clock, reportBug }, log: silentLog, report: (line) => void lines.push(line) },
    },
    {
      tryStreams: (search, _parts, signal) =>
        new Promise((resolve) => {
          const finish = (): void => {
            for (let next = search.next; next !== undefined; next = search.next) search.record(next, next <= 9);
            resolve('carried');
          };
          signal.addEventListener('abort', () => resolve('stopped'));
          trials.push({ search, signal, finish });
        }),
      measureShapes: async (shapes) => shapes.map((_, n) => 1 + n),
      readBusyShare: () => 0,
      ...tools,
    },
  );
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...{ measuring, models, config, file, data, clock, lines, trials, settle, registry: parts.registry } };
}

const LIVE = { id: 'x', key: '', address: '', setServiceLevel() {}, drain() {}, destroy() {} };

t.test('the number of streams is measured while nobody is there, and known at once the next time', async (t) => {
  const server = await open({ args: ['--model', 'base'] });
  t.match(server.measuring.streamsText, /^measuring how many this machine carries/);
  t.equal(server.measuring.streams, undefined);
  server.measuring.start();
  server.clock.pass(IDLE_MS);
  await server.settle();
  server.trials[0]!.finish();
  await server.settle();
  t.same(server.lines, ['  streams  9 live with base, as measured on this machine']);
  t.equal(server.measuring.streams, 9);

  const next = await open({ args: ['--model', 'base'], data: server.data });
  t.equal(next.measuring.streamsText, '9 live with base, as measured on this machine');
  next.measuring.start();
  t.equal(next.clock.waiting, 0, 'nothing is left to measure');

  const other = await open({ args: ['--model', 'base', '--slots', '1'], data: server.data });
  t.match(other.measuring.streamsText, /^measuring/, 'with options that change the cost it counts for nothing');
  const another = await open({ args: ['--model', 'tiny.en'], data: server.data });
  t.match(another.measuring.streamsText, /^measuring/, 'nor for another model');
  writeFileSync(server.file.path, '{"version":1');
  const broken = await open({ args: ['--model', 'base'], data: server.data });
  t.match(broken.measuring.streamsText, /^measuring/, 'nor when the file is broken');
});

t.test('a trial gives way to a session at once, and is taken up again when nobody is there', async (t) => {
  const { measuring, clock, registry, trials, settle, lines } = await open({ args: ['--model', 'base'] });
  measuring.start();
  clock.pass(IDLE_MS);
  await settle();
  t.equal(trials.length, 1);
  trials[0]!.search.record(trials[0]!.search.next!, true);
  registry.add(LIVE);
  t.ok(trials[0]!.signal.aborted);
  await settle();
  clock.pass(10 * IDLE_MS);
  await settle();
  t.equal(trials.length, 1, 'not while the session lives');
  registry.remove(LIVE.id);
  clock.pass(IDLE_MS);
  await settle();
  t.equal(trials[1]!.search, trials[0]!.search, 'what was found out stays');
  trials[1]!.finish();
  await settle();
  t.match(lines, [/9 live/]);
  await measuring.close();
});

t.test('nothing is measured on a busy machine, for five minutes', async (t) => {
  const { measuring, clock, trials, settle, lines, file } = await open({
    args: ['--model', 'base'],
    tools: { readBusyShare: () => 0.9 },
  });
  measuring.start();
  clock.pass(60 * IDLE_MS);
  await settle();
  t.equal(trials.length, 0);
  clock.pass(IDLE_MS);
  await settle();
  trials[0]!.finish();
  await settle();
  t.match(lines, [/9 live with base, as measured .* beside the programs .* the next start measures again/]);
  t.equal(file.read()[0]!.streams, undefined, 'what is measured then is not kept');
});

t.test('the time of sessions does not count as that of other programs', async (t) => {
  let share = 0.9;
  const { measuring, clock, registry, trials, settle, file } = await open({
    args: ['--model', 'base'],
    tools: { readBusyShare: () => share },
  });
  measuring.start();
  registry.add(LIVE);
  clock.pass(100 * IDLE_MS);
  registry.remove(LIVE.id);
  clock.pass(IDLE_MS);
  await settle();
  t.equal(trials.length, 0, 'a busy machine is still waited for');
  share = 0.1;
  clock.pass(IDLE_MS);
  await settle();
  trials[0]!.finish();
  await settle();
  t.equal(file.read()[0]!.streams, 9, 'and what is measured is kept');
  await measuring.close();
});

t.test('with --no-measure nothing is measured or kept, and a guess is called one', async (t) => {
  const { measuring, clock, file } = await open({ args: ['--no-measure'] });
  measuring.start();
  t.equal(clock.waiting, 0);
  t.match(measuring.streamsText, /^about \d+ live, guessed/);
  t.same(measuring.betterTexts, []);
  t.same(file.read(), []);
});

t.test('with --model auto English is heard by tiny.en where base is slow, and only there', async (t) => {
  t.match(await open(), { config: { model: 'base', 'small-model': 'tiny.en' }, models: { isEnglishSmall: false } });
  const realTimeFactors = [0.15, 0.05] as const;
  t.match(await open({ realTimeFactors }), { models: { isEnglishSmall: true } });
  for (const args of [
    ['--model', 'base'],
    ['--model', 'base', '--small-model', 'tiny.en'],
    ['--small-model', 'tiny.en'],
    ['--small-model', 'none'],
  ]) {
    const { models, config } = await open({ realTimeFactors, args });
    t.notOk(models.isEnglishSmall, `${args.join(' ')}: somebody named a model`);
    t.equal(config['small-model'], args.at(-1) === 'tiny.en' ? 'tiny.en' : 'none');
  }
});

t.test('what better models cost is measured by their shape after the streams, relative to the own', async (t) => {
  const { measuring, clock, trials, settle, lines, data } = await open();
  t.match(measuring.betterTexts, [/^small-q8_0 is measured while/, /^large-v3-turbo-q8_0 is measured while/]);
  measuring.start();
  clock.pass(IDLE_MS);
  for (const n of [0, 1]) {
    await settle();
    trials[n]!.finish();
  }
  await settle();
  t.match(lines, [
    '  streams  9 live with base, 9 in English with tiny.en, as measured on this machine',
    // Two and three times as long as `base`, by the shapes.
    /better {3}small-q8_0 would be quick enough \(a decode would take about 0\.\d\d s\): npx sotto models pull small-q8_0/,
    /better {3}large-v3-turbo-q8_0/,
  ]);
  const next = await open({ data });
  t.match(next.measuring.betterTexts, [/^small-q8_0 would be quick enough/, /^large-v3-turbo-q8_0/]);
  next.measuring.start();
  t.equal(next.clock.waiting, 0);
});

t.test('a shape that cannot be measured is tried three times, and the streams only once', async (t) => {
  let tried = 0;
  const { measuring, clock, trials, settle } = await open({
    tools: {
      measureShapes: async () => {
        tried++;
        return undefined;
      },
    },
  });
  measuring.start();
  for (let i = 0; i < 6; i++) {
    clock.pass(IDLE_MS);
    for (let n = 0; n < 3; n++) {
      await settle();
      trials[n]?.finish();
    }
  }
  t.equal(tried, 3);
  t.equal(trials.length, 2);
});
