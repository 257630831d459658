// How live text behaves: recordings paced in real time over the real socket; seconds unless the column says otherwise.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathOf } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { quietest } from '../../../server/core/sentence/cut.ts';
import { NativeModel } from '../../../server/engine/native/binding.ts';
import { type Recording, readRecordings, readSamples } from '../../support/recordings.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { feed, samplesOf, startBenchServer } from '../feed.ts';
import { type Measured, measure } from '../measures.ts';
import { cpuSeconds, machine, mean, memoryMb, quantile, readArgs, table } from '../report.ts';

interface Result {
  readonly label: string;
  readonly measured: readonly Measured[];
  readonly cpuPerSecond: number;
  readonly memory: number;
}

/** `--models a,b`, `--set "--option value;--option value"` once per variant separated by `|`. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    models: 'tiny.en,base',
    set: '',
    kinds: '',
    languages: '',
    files: '0',
    json: '',
    plot: '',
    offline: 'yes',
    verbose: '',
  });
  const recordings = choose(options);
  console.log(`${machine()}; ${recordings.length} recordings, ${Math.round(total(recordings))} s, one stream, paced`);
  const results: Result[] = [];
  for (const model of options['models']!.split(',')) {
    for (const set of options['set']!.split('|')) {
      const label = [model, set.replaceAll('--', '').replaceAll(';', ', ')].filter(Boolean).join(' ');
      const heard = recordings.filter(({ language }) => model !== 'tiny.en' || language === 'en' || language === 'zxx');
      const result = await one(label, ['--model', model, ...set.split(/[;\s]+/).filter(Boolean)], heard);
      const offline = options['offline'] === 'yes' ? await offlineErrors(model, heard) : undefined;
      if (options['verbose'] !== '')
        for (const { recording, text, errors, words } of result.measured)
          console.log(`${recording.file} ${errors}/${words}: ${text}`);
      console.log(
        `\n${label}: ${result.cpuPerSecond.toFixed(2)} CPU seconds a second, ${result.memory.toFixed(0)} MB\n${report(result, offline)}`,
      );
      results.push(result);
    }
  }
  if (options['json'] !== '') save(options['json']!, JSON.stringify({ machine: machine(), results }, null, 1));
  if (options['plot'] !== '') save(options['plot']!, plot(results));
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
  return Number(options['files']) > 0 ? all.slice(0, Number(options['files'])) : all;
}

async function one(label: string, args: readonly string[], recordings: readonly Recording[]): Promise<Result> {
  const server = await startBenchServer(args);
  const measured: Measured[] = [];
  try {
    const before = cpuSeconds(server.pid);
    for (const recording of recordings) {
      const language = recording.language === 'zxx' ? 'auto' : recording.language;
      measured.push(
        measure(recording, await feed(server.url, samplesOf(recording), args.includes('tiny.en') ? 'en' : language)),
      );
    }
    const audio = total(recordings) + recordings.length;
    return { label, measured, cpuPerSecond: (cpuSeconds(server.pid) - before) / audio, memory: memoryMb(server.pid) };
  } finally {
    await server.stop();
  }
}

/** The same model on the whole file: full windows, cut at the quietest place where it is longer than 28 s. */
async function offlineErrors(name: string, recordings: readonly Recording[]): Promise<Map<string, number>> {
  const model = NativeModel.load(pathOf(findModel(name)!));
  const errors = new Map<string, number>();
  for (const recording of recordings.filter(({ language }) => language !== 'zxx')) {
    const samples = Float32Array.from(readSamples(recording.path), (value) => value / 32_768);
    const texts: string[] = [];
    for (let from = 0; from < samples.length; ) {
      const rest = samples.length - from;
      const length =
        rest <= 28 * 16_000 ? rest : 20 * 16_000 + quietest(samples.subarray(from + 20 * 16_000, from + 28 * 16_000));
      const part = samples.slice(from, from + length);
      const decode = {
        language: recording.language,
        languages: [],
        task: 'transcribe',
        prompt: '',
        prefix: '',
        windowFloor: 1_500,
        threads: 2,
        wordTimes: true,
      } as const;
      texts.push(
        (await model.decode({ samples: part, ...decode })).words
          .map(({ text, space }) => (space ? ` ${text}` : text))
          .join(''),
      );
      from += length;
    }
    errors.set(recording.file, wordErrorRate(recording.text, texts.join(' '), recording.language).errors);
  }
  model.close();
  return errors;
}

function report(result: Result, offline: Map<string, number> | undefined): string {
  const groups = new Map<string, Measured[]>();
  for (const each of result.measured) {
    const { kind, language } = each.recording;
    for (const name of ['all', ...(language === 'zxx' ? [] : ['speech']), `${kind} ${language}`])
      groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  const head = [
    '',
    'n',
    'TTFP p50',
    'p95',
    'word mean',
    'p50',
    'p95',
    'TTFS p50',
    'p95',
    'UPWR %',
    'WER %',
    'offline %',
    'Δ',
    'time ms p50',
    'p95',
    'clean p95',
    'repeats',
    'revised',
    'invented/h',
  ];
  return table([head, ...[...groups].map(([name, each]) => row(name, each, offline))]);
}

function row(name: string, all: readonly Measured[], offline: Map<string, number> | undefined): (string | number)[] {
  const speech = all.filter(({ recording }) => recording.language !== 'zxx');
  const noise = all.filter(({ recording }) => recording.language === 'zxx');
  const sum = (pick: (each: Measured) => number): number => speech.reduce((so, each) => so + pick(each), 0);
  const first = speech.flatMap(({ firstPartial }) => (firstPartial === undefined ? [] : [firstPartial]));
  const confirmed = speech.flatMap((each) => each.confirmed.map(({ delayS }) => delayS));
  const finals = speech.flatMap((each) => each.finals);
  const times = speech.flatMap((each) => each.timeErrors);
  const words = sum((each) => each.words);
  const wer = (sum((each) => each.errors) / words) * 100;
  const off = offline === undefined ? Number.NaN : (sum((each) => offline.get(each.recording.file) ?? 0) / words) * 100;
  const invented =
    noise.length === 0
      ? Number.NaN
      : (noise.reduce((so, { shownWords }) => so + shownWords, 0) / total(noise.map(({ recording }) => recording))) *
        3_600;
  return [
    name,
    String(all.length),
    quantile(first, 0.5),
    quantile(first, 0.95),
    mean(confirmed),
    quantile(confirmed, 0.5),
    quantile(confirmed, 0.95),
    quantile(finals, 0.5),
    quantile(finals, 0.95),
    (sum((each) => each.takenBack) / sum((each) => each.shownWords)) * 100,
    wer,
    off,
    wer - off,
    quantile(times, 0.5),
    quantile(times, 0.95),
    quantile(
      speech.flatMap((each) => each.cleaned),
      0.95,
    ),
    String(sum((each) => each.repeated)),
    String(sum((each) => each.revisedFinals)),
    invented,
  ];
}

const total = (recordings: readonly Recording[]): number => recordings.reduce((sum, { seconds }) => sum + seconds, 0);

/** Confirmed word latency over the time a word was said, as an SVG. */
function plot(results: readonly Result[]): string {
  const colours = ['#1f5f5b', '#b3362b', '#6a5acd', '#b7791f'];
  const points = results.map((result) => result.measured.flatMap((each) => each.confirmed));
  const right = Math.max(1, ...points.flat().map(({ endS }) => endS));
  const x = (seconds: number): string => (50 + (seconds / right) * 720).toFixed(1);
  const y = (seconds: number): string => (350 - Math.min(5, Math.max(0, seconds)) * 64).toFixed(1);
  const grid = [0, 1, 2, 3, 4, 5]
    .map((s) => `<path d="M50 ${y(s)}H770" stroke="#ddd"/><text x="40" y="${y(s)}" text-anchor="end">${s} s</text>`)
    .join('');
  const dots = points
    .map((each, i) =>
      each
        .map(
          ({ endS, delayS }) =>
            `<circle cx="${x(endS)}" cy="${y(delayS)}" r="2" fill="${colours[i % 4]}" fill-opacity=".5"/>`,
        )
        .join(''),
    )
    .join('');
  const names = results
    .map(({ label }, i) => `<text x="60" y="${20 + i * 16}" fill="${colours[i % 4]}">${label}</text>`)
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 380" font-family="sans-serif" font-size="12"><rect width="800" height="380" fill="#fff"/>${grid}${dots}${names}<text x="410" y="374" text-anchor="middle">moment the word ended in the audio, s</text></svg>\n`;
}

function save(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
