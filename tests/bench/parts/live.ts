// How live text behaves: recordings paced in real time over the real socket; seconds unless the column says otherwise.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { feed, samplesOf, startBenchServer } from '../feed.ts';
import { type LiveResult, livePlot, liveTable, total, translatedLine } from '../live-report.ts';
import { type Measured, measure } from '../measures.ts';
import { offlineErrors } from '../offline-errors.ts';
import { cpuSeconds, decodeSeconds, machine, memoryMb, readArgs, reportFailures, sample } from '../report.ts';

/** LocalAgreement-2 as published: a decode of the full window a second, a buffer that is cut beyond 15 s. */
const COMPARISON =
  '--commit plain;--partial-every-ms 1000;--segment-soft-ms 15000;--partial-window 1500;--final-window 1500';

/** `--models a,b`, `--set "--option value;--option value"` once per variant separated by `|`. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    models: 'tiny.en,base',
    set: '',
    kinds: '',
    languages: '',
    files: '0',
    seed: '',
    compare: '',
    translations: '',
    json: '',
    plot: '',
    offline: 'yes',
    verbose: '',
  });
  const recordings = choose(options);
  const translations = options['translations']!.split(',').filter(Boolean);
  console.log(`${machine()}; ${recordings.length} recordings, ${Math.round(total(recordings))} s, one stream, paced`);
  const results: LiveResult[] = [];
  for (const model of options['models']!.split(',')) {
    for (const set of [...options['set']!.split('|'), ...(options['compare'] === 'yes' ? [COMPARISON] : [])]) {
      const label = [
        model,
        set === COMPARISON ? 'LocalAgreement-2 as published:' : '',
        set.replaceAll('--', '').replaceAll(';', ', '),
      ]
        .filter(Boolean)
        .join(' ');
      const suitable = recordings.filter(
        ({ language }) => model !== 'tiny.en' || language === 'en' || language === 'zxx',
      );
      const args = ['--model', model, ...set.split(/[;\s]+/).filter(Boolean)];
      const result = await one(label, { args, translations }, suitable);
      const offline = options['offline'] === 'yes' ? await offlineErrors(model, suitable) : undefined;
      if (options['verbose'] !== '')
        for (const { recording, text, errors, words } of result.measured)
          console.log(`${recording.file} ${errors}/${words}: ${text}`);
      console.log(
        `\n${label}: ${result.cpuPerSecond.toFixed(2)} CPU seconds a second (${(result.cpuPerSecond * 60).toFixed(1)} a minute), decode seconds a second ${decodesOf(result)}, ${result.memory.toFixed(0)} MB\n${liveTable(result, offline)}`,
      );
      if (translations.length > 0) console.log(translatedLine(result));
      results.push(result);
    }
  }
  reportFailures(results.flatMap(failuresOf));
  if (options['json'] !== '') save(options['json']!, JSON.stringify({ machine: machine(), results }, null, 1));
  if (options['plot'] !== '') save(options['plot']!, livePlot(results));
}

/** What is promised of every session: a final never changes, and stable text stays. */
function failuresOf({ label, measured }: LiveResult): string[] {
  return measured.flatMap(({ recording: { file }, revisedFinals, brokenStable }) => [
    ...(revisedFinals === 0 ? [] : [`${label}, ${file}: ${revisedFinals} finals changed`]),
    ...(brokenStable === 0 ? [] : [`${label}, ${file}: stable text changed ${brokenStable} times`]),
  ]);
}

function choose(options: Record<string, string>): Recording[] {
  const kinds = options['kinds']!.split(',').filter(Boolean);
  const languages = options['languages']!.split(',').filter(Boolean);
  const all = options['data']!.split(',')
    .flatMap(readRecordings)
    .filter(
      ({ kind, language }) =>
        (kinds.length === 0 || kinds.includes(kind)) && (languages.length === 0 || languages.includes(language)),
    );
  const count = Number(options['files']) > 0 ? Number(options['files']) : all.length;
  return (options['seed'] === '' ? all : sample(all, Number(options['seed']))).slice(0, count);
}

interface Variant {
  readonly args: readonly string[];
  readonly translations: readonly string[];
}

async function one(
  label: string,
  { args, translations }: Variant,
  recordings: readonly Recording[],
): Promise<LiveResult> {
  const server = await startBenchServer(args);
  const measured: Measured[] = [];
  try {
    const before = cpuSeconds(server.pid);
    for (const recording of recordings) {
      const language = recording.language === 'zxx' ? 'auto' : recording.language;
      measured.push(
        measure(
          recording,
          await feed(server.url, samplesOf(recording), {
            language: args.includes('tiny.en') ? 'en' : language,
            translations,
          }),
        ),
      );
    }
    const audio = total(recordings) + recordings.length;
    const cpuPerSecond = (cpuSeconds(server.pid) - before) / audio;
    const decodes = Object.fromEntries(
      Object.entries(await decodeSeconds(server.url)).map(([kind, seconds]) => [kind, seconds / audio]),
    );
    return { label, settings: args, measured, cpuPerSecond, decodes, memory: memoryMb(server.pid) };
  } finally {
    await server.stop();
  }
}

const decodesOf = ({ decodes }: LiveResult): string =>
  Object.entries(decodes)
    .map(([kind, seconds]) => `${kind} ${seconds.toFixed(3)}`)
    .join(', ');

function save(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
