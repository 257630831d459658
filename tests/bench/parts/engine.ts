// The engine alone: seconds of a decode by engine and window, memory, aborts; with --wer DIRS the word errors of each
// window over recordings, with --growth N the memory of N decodes, every fourth of them aborted, with --profile yes the time by
// operation beside what the processor could do, and with --against the same decodes by another build or by CTranslate2.
import { fileURLToPath } from 'node:url';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { loadNative, NativeModel } from '../../../server/engine/native/binding.ts';
import { FINAL_WINDOW_FLOOR, FULL_WINDOW, PARTIAL_WINDOW_FLOOR } from '../../../server/engine/native/defaults.ts';
import { readRecordings, readSamples } from '../../support/recordings.ts';
import { compareBuilds, compareCTranslate2 } from '../engine-against.ts';
import { aborts, growth, peakOf, peaks } from '../engine-memory.ts';
import { profile } from '../engine-profile.ts';
import { errors } from '../engine-words.ts';
import { decoderOf, float, settledText } from '../native-decoder.ts';
import { machine, median, readArgs, table } from '../report.ts';
import { initializeStock } from '../stock.ts';

const SPANS = [2, 5, 10, 25] as const;

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    model: 'tiny.en',
    runs: '5',
    stock: 'yes',
    times: 'yes',
    wer: '',
    floors: '',
    growth: '0',
    profile: 'no',
    // `ctranslate2`, or the path of another build's sotto_whisper.node.
    against: '',
    // Folder of a virtual environment with CTranslate2; one is made where it does not exist.
    venv: '',
    // A set of kernels, as a machine with fewer instructions would run it: AVX2, AVX-VNNI ...
    kernels: '',
    // One measurement of the memory table, in a process of its own: window floor and decodes at once.
    peak: '',
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
  });
  if (options['growth'] !== '0') return growth(Number(options['growth']));
  const path = getModelPath(findModel(options['model']!)!);
  const long = readRecordings(options['data']!).filter(({ kind }) => kind.startsWith('long'))[0]!;
  const speech = float(readSamples(long.path));
  if (options['peak'] !== '') return peakOf(path, speech.slice(0, 160_000), options['peak']!);
  const { diagnostics } = loadNative();
  if (options['kernels'] !== '') diagnostics.selectKernels(options['kernels']!);
  console.log(`${machine()}; model ${options['model']}, kernels ${diagnostics.kernels}, one thread`);
  if (options['profile'] === 'yes') return console.log(await profile(path, speech));
  const runs = Number(options['runs']);
  if (options['against'] === 'ctranslate2') return console.log(await compareCTranslate2(path, runs, options['venv']!));
  if (options['against'] !== '') return console.log(await compareBuilds(path, options['against']!, { speech, runs }));
  const model = NativeModel.load(path);
  if (options['times'] === 'yes') {
    const stock = options['stock'] === 'yes' ? path : undefined;
    await times(model, { speech, runs, stock });
    console.log(`\n${peaks(options['model']!, options['data']!)}`);
    console.log(`\n${await aborts(model, speech)}`);
  }
  if (options['wer'] !== '') {
    const recordings = options['wer']!.split(',').flatMap((folder) => readRecordings(folder));
    const floors = options['floors']!.split(',').filter(Boolean).map(Number);
    console.log(`\n${await errors(model, recordings, floors)}`);
  }
}

interface Timed {
  readonly speech: Float32Array;
  readonly runs: number;
  /** Model file of the stock row; without it the row is left out. */
  readonly stock: string | undefined;
}

async function times(model: NativeModel, { speech, runs, stock }: Timed): Promise<void> {
  const decode = decoderOf(model);
  const rows: (string | number)[][] = [
    ['decode', ...SPANS.map((seconds) => `${seconds} s`), ...SPANS.map((seconds) => `RTF ${seconds} s`), 'tokens/s'],
  ];
  type One = (samples: Float32Array) => Promise<number>;
  const measure = async (name: string, count: number, prepare: (samples: Float32Array) => Promise<One>) => {
    const medians: number[] = [];
    let tokens = 0;
    for (const seconds of SPANS) {
      const samples = speech.slice(0, seconds * 16_000);
      const one = await prepare(samples);
      const each: number[] = [];
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        tokens += (await one(samples)) / count;
        each.push((performance.now() - started) / 1_000);
      }
      medians.push(median(each));
    }
    const rtf = medians.map((time, i) => (time / SPANS[i]!).toFixed(3));
    const sum = medians.reduce((total, time) => total + time, 0);
    rows.push([name, ...medians.map((time) => time.toFixed(3)), ...rtf, tokens / sum]);
  };
  const plain = (floor: number) => async (): Promise<One> => async (samples) => (await decode(samples, floor)).tokens;
  await decode(speech.slice(0, 16_000), FULL_WINDOW);
  if (stock !== undefined) {
    const one = await initializeStock(stock);
    await measure('stock, 30 s window', 1, async () => one);
  }
  await measure('native, 30 s window', runs, plain(FULL_WINDOW));
  await measure("native, finals' window", runs, plain(FINAL_WINDOW_FLOOR));
  await measure("native, partials' window", runs, plain(PARTIAL_WINDOW_FLOOR));
  // As in a live stream: the decode before it had half a second less.
  await measure("native, finals' window, draft", runs, async (samples) => {
    const draft = (await decode(samples.subarray(0, -8_000), PARTIAL_WINDOW_FLOOR)).text;
    return async () => (await decode(samples, FINAL_WINDOW_FLOOR, { draft })).tokens;
  });
  // As in a live stream: everything that ended a second before the edge is known.
  await measure('native, forced prefix', runs, async (samples) => {
    const prefix = settledText(await decode(samples, PARTIAL_WINDOW_FLOOR), samples.length);
    return async () => (await decode(samples, PARTIAL_WINDOW_FLOOR, { prefix })).tokens;
  });
  await measure('control: nothing heard', runs, async (samples) => {
    const silence = new Float32Array(samples.length);
    return async () => (await decode(silence, PARTIAL_WINDOW_FLOOR)).tokens;
  });
  console.log(table(rows));
}
