// How dictation arrives: from the end of a sentence to its text in a real field on an X server in memory, ms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSource } from '../../../client/cli/audio/source.ts';
import { OnDemandInput } from '../../../client/cli/dictate/audio-input.ts';
import { chooseInserter } from '../../../client/cli/dictate/choose-inserter.ts';
import { DICTATION_MODES, type DictationMode } from '../../../client/cli/dictate/core/plan.ts';
import { DictionaryFile } from '../../../client/cli/dictate/dictionary-file.ts';
import { detectEnvironment } from '../../../client/cli/dictate/environment.ts';
import { HistoryFile } from '../../../client/cli/dictate/history-file.ts';
import type { Inserter } from '../../../client/cli/dictate/inserter.ts';
import { Instance } from '../../../client/cli/dictate/instance.ts';
import { paceInRealTime } from '../../../client/cli/dictate/real-time.ts';
import { SystemRunner } from '../../../client/cli/dictate/runner.ts';
import { SpareSession } from '../../../client/cli/dictate/spare-session.ts';
import { missingForDesktop, openDesktop, openTextField, type TextField } from '../../support/desktop.ts';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { until } from '../../support/until.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { startBenchServer } from '../feed.ts';
import { common } from '../measures.ts';
import { machine, quantile, readArgs } from '../report.ts';

const RAW = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1 } as const;

const LATE_MS = 5_000;
/** Silence behind a sentence that is a pause and no breath, ms. */
const PAUSE_MS = 700;

interface Result {
  /** From the last word's end, as the recording's own times have it, to the text in the field. */
  readonly delaysMs: number[];
  /** Those of them behind which the speaker paused. */
  readonly pausedMs: number[];
  /** From the server's final to the text in the field: cleaning, looking at the window, pasting. */
  readonly insertMs: number[];
  insertions: number;
  characters: number;
  lost: number;
  doubled: number;
  errors: number;
  words: number;
}

/** `--insertions 200 --model tiny.en --mode sentence --insert auto|type|paste`; `--cleanup` as the server's. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    insertions: '200',
    model: 'tiny.en',
    mode: 'sentence',
    insert: 'auto',
    cleanup: 'llm',
  });
  const missing = missingForDesktop();
  if (missing !== undefined) return console.error(missing);
  const mode = DICTATION_MODES.find((each) => each === options['mode']);
  const way = (['auto', 'type', 'paste'] as const).find((each) => each === options['insert']);
  if (mode === undefined || way === undefined)
    return console.error('--mode sentence|live|hold --insert auto|type|paste');
  const recordings = options['data']!.split(',')
    .flatMap(readRecordings)
    .filter(({ language, words }) => language === 'en' && words.length > 0);
  console.log(`${machine()}; ${options['model']}, cleaned by ${options['cleanup']}, mode ${mode}, insert ${way}`);
  const server = await startBenchServer(['--model', options['model']!, '--cleanup', options['cleanup']!]);
  try {
    await using desktop = await openDesktop();
    await using field = await openTextField(desktop);
    process.env['DISPLAY'] = desktop.display;
    const inserter = chooseInserter({
      ...{ target: 'window', runner: new SystemRunner(), write: () => {} },
      environment: detectEnvironment({ DISPLAY: desktop.display }, 'linux'),
      settings: { enter: 'never', way, restoreMs: 800 },
    });
    report(await all(Number(options['insertions']), { url: server.url, mode, recordings, field, inserter }));
    await inserter.close();
  } finally {
    await server.stop();
  }
}

interface BenchSetup {
  readonly url: string;
  readonly mode: DictationMode;
  readonly recordings: readonly Recording[];
  readonly field: TextField;
  readonly inserter: Inserter;
}

async function all(insertions: number, setup: BenchSetup): Promise<Result> {
  const result: Result = {
    ...{
      delaysMs: [],
      pausedMs: [],
      insertMs: [],
      insertions: 0,
      characters: 0,
      lost: 0,
      doubled: 0,
      errors: 0,
      words: 0,
    },
  };
  const folder = mkdtempSync(join(tmpdir(), 'sotto-bench-'));
  for (let at = 0; result.insertions < insertions; at++)
    await one(setup.recordings[at % setup.recordings.length]!, setup, { result, folder: join(folder, `${at}`) });
  rmSync(folder, { recursive: true, force: true });
  return result;
}

/** One recording is one dictation into an empty field. */
async function one(
  recording: Recording,
  { url, mode, field, inserter }: BenchSetup,
  { result, folder }: { result: Result; folder: string },
): Promise<void> {
  let startedMs = 0;
  const history = new HistoryFile(join(folder, 'history.jsonl'), 1_000);
  const spareSession = new SpareSession(() => ({ url, language: 'en', partials: { mode: 'stable' } }), console.error);
  const asked: string[] = [];
  // What the field must hold in the end, whatever became of the keys on their way.
  let want = '';
  const noting: Inserter = {
    ...{ name: inserter.name, canRemove: inserter.canRemove, canIdentifyWindow: inserter.canIdentifyWindow },
    focus: () => inserter.focus(),
    toClipboard: (text) => inserter.toClipboard(text),
    close: () => inserter.close(),
    insert: (text, window) => {
      want += text;
      asked.push(want);
      return inserter.insert(text, window);
    },
    removeLast: (characters, window) => {
      want = want.slice(0, -characters);
      return inserter.removeLast(characters, window);
    },
  };
  const instance = new Instance({
    ...{
      spareSession,
      history,
      server: url,
      inserter: noting,
      print: () => {},
      notify: console.error,
      stopped: () => {},
    },
    dictionary: new DictionaryFile(join(folder, 'none.json'), 'by default'),
    audioInput: new OnDemandInput(async (signal) => {
      const source = paceInRealTime(await openSource(recording.path, RAW), signal);
      return {
        ...source,
        async *chunks() {
          startedMs = Date.now();
          yield* source.chunks();
        },
      };
    }),
    settings: {
      ...{ mode, cleanWaitMs: 600, language: 'en', enter: 'never', windows: 'same' },
      ...{ revise: mode === 'live' ? 'never' : 'may', joinMs: 0, tailMs: 0, recordings: folder },
    },
  });
  await field.clear();
  await field.page.evaluate('window.inputs.length = 0');
  await spareSession.prepare({ ...RAW, channelMode: 'mix' });
  await instance.answer({ verb: 'begin' });
  await until(() => instance.phase === 'idle', { withinMs: 600_000, everyMs: 50 });
  // A program that is late gets its time; what has not come then is lost.
  let got = await field.text();
  for (let waited = 0; got !== want && waited < LATE_MS; waited += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    got = await field.text();
  }
  const inputs = (await field.page.evaluate('window.inputs')) as { atMs: number; length: number }[];
  count(result, { want, got, insertions: asked.length });
  const { errors, words } = wordErrorRate(recording.text, got);
  result.errors += errors;
  result.words += words;
  if (mode === 'sentence') delays(result, { recording, history, startedMs, inputs, asked });
  spareSession.close();
  history.close();
}

function count(result: Result, { want, got, insertions }: { want: string; got: string; insertions: number }): void {
  const arrived = common([...want], [...got]);
  result.insertions += insertions;
  result.characters += [...want].length;
  result.lost += [...want].length - arrived;
  result.doubled += [...got].length - arrived;
}

interface Arrivals {
  readonly recording: Recording;
  readonly history: HistoryFile;
  readonly startedMs: number;
  readonly inputs: readonly { readonly atMs: number; readonly length: number }[];
  readonly asked: readonly string[];
}

function delays(result: Result, { recording, history, startedMs, inputs, asked }: Arrivals): void {
  const items = history.items.filter(({ text }) => text !== '');
  // A sentence that came to nothing, or one that changed the one before, has no moment of its own.
  if (items.length !== asked.length) return;
  for (const [at, item] of items.entries()) {
    const arrived = inputs.find(({ length }) => length >= asked[at]!.length);
    if (arrived === undefined) continue;
    const ends = recording.words.map(({ end }) => end * 1_000);
    const endMs = ends.reduce((best, end) => (Math.abs(end - item.toMs) < Math.abs(best - item.toMs) ? end : best));
    const next = recording.words[ends.indexOf(endMs) + 1];
    const delayMs = arrived.atMs - startedMs - endMs;
    result.delaysMs.push(delayMs);
    if (next === undefined || next.start * 1_000 - endMs >= PAUSE_MS) result.pausedMs.push(delayMs);
    result.insertMs.push(arrived.atMs - Date.parse(item.at));
  }
}

function report(result: Result): void {
  const ms = (values: readonly number[], share: number): string => quantile(values, share).toFixed(0);
  console.log(`| insertions | characters | lost | doubled | end of sentence to field p50 / p95 ms | where a pause follows (${result.pausedMs.length}) | of it final to field | WER % |
| --- | --- | --- | --- | --- | --- | --- | --- |
| ${[
    ...[result.insertions, result.characters, result.lost, result.doubled],
    ...[result.delaysMs, result.pausedMs, result.insertMs].map((each) => `${ms(each, 0.5)} / ${ms(each, 0.95)}`),
    ((100 * result.errors) / result.words).toFixed(1),
  ].join(' | ')} |`);
}
