// Wall seconds of one decode by engine and window, for 2, 5, 10 and 25 s of speech, one thread each; and with --wer DIR
// the word error rate of each window over a folder of recordings.
import { fileURLToPath } from 'node:url';
import { pathOf } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { type NativeDecode, NativeModel } from '../../../server/engine/native/binding.ts';
import { FINAL_WINDOW_FLOOR, FULL_WINDOW, PARTIAL_WINDOW_FLOOR } from '../../../server/engine/native/defaults.ts';
import { type Recording, readRecordings, readSamples } from '../../support/recordings.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { machine, mean, median, quantile, readArgs, table } from '../report.ts';
import { initializeStock } from '../stock.ts';

const SPANS = [2, 5, 10, 25] as const;

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    model: 'tiny.en',
    runs: '5',
    stock: 'yes',
    wer: '',
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
  });
  const path = pathOf(findModel(options['model']!)!);
  const model = NativeModel.load(path);
  console.log(`${machine()}; model ${options['model']}, one thread`);
  const long = readRecordings(options['data']!).filter(({ kind }) => kind.startsWith('long'))[0]!;
  const speech = float(readSamples(long.path));
  const words = long.text.split(' ');
  const prefix = words.slice(0, 3).join(' ');

  const decode = (samples: Float32Array, windowFloor: number, forced = ''): Promise<NativeDecode> =>
    model.decode({
      samples,
      language: 'en',
      languages: [],
      task: 'transcribe',
      prompt: '',
      prefix: forced,
      windowFloor,
      threads: 1,
      wordTimes: true,
    });
  const rows: (string | number)[][] = [
    ['decode', ...SPANS.map((seconds) => `${seconds} s`), ...SPANS.map((seconds) => `RTF ${seconds} s`), 'tokens/s'],
  ];
  const measure = async (
    name: string,
    one: (samples: Float32Array) => Promise<number>,
    runs: number,
  ): Promise<void> => {
    const times: number[] = [];
    let tokens = 0;
    for (const seconds of SPANS) {
      const samples = speech.slice(0, seconds * 16_000);
      const each: number[] = [];
      for (let i = 0; i < runs; i++) {
        const started = performance.now();
        tokens += (await one(samples)) / runs;
        each.push((performance.now() - started) / 1_000);
      }
      times.push(median(each));
    }
    rows.push([
      name,
      ...times,
      ...times.map((time, i) => time / SPANS[i]!),
      tokens / times.reduce((sum, time) => sum + time, 0),
    ]);
  };
  const runs = Number(options['runs']);
  await decode(speech.slice(0, 16_000), FULL_WINDOW);
  if (options['stock'] === 'yes') {
    const stock = await initializeStock(path);
    await measure('stock, 30 s window', stock, 1);
  }
  await measure('native, 30 s window', async (samples) => (await decode(samples, FULL_WINDOW)).tokens, runs);
  await measure("native, finals' window", async (samples) => (await decode(samples, FINAL_WINDOW_FLOOR)).tokens, runs);
  await measure(
    "native, partials' window",
    async (samples) => (await decode(samples, PARTIAL_WINDOW_FLOOR)).tokens,
    runs,
  );
  await measure(
    'native, forced prefix',
    async (samples) => (await decode(samples, PARTIAL_WINDOW_FLOOR, prefix)).tokens,
    runs,
  );
  await measure(
    'control: nothing heard',
    async (samples) => (await decode(new Float32Array(samples.length), PARTIAL_WINDOW_FLOOR)).tokens,
    runs,
  );
  console.log(table(rows));

  const before = process.memoryUsage.rss() / 1e6;
  await Promise.all(Array.from({ length: 4 }, () => decode(speech.slice(0, 160_000), FINAL_WINDOW_FLOOR)));
  console.log(
    `resident memory: ${before.toFixed(0)} MB after decodes one at a time, ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB after 4 at once`,
  );
  if (options['wer'] !== '') await errors(readRecordings(options['wer']!), decode);
}

/** Error rate, time and cuts of each window over recordings of up to 28 s in English. */
async function errors(
  recordings: readonly Recording[],
  decode: (samples: Float32Array, floor: number) => Promise<NativeDecode>,
): Promise<void> {
  const chosen = recordings.filter(({ language, seconds }) => language === 'en' && seconds <= 28);
  const rows: (string | number)[][] = [
    ['window', 'recordings', 'WER %', 'cut at a repeat', 'over budget', 'median ms', 'p95 / median', '2-6 s mean ms'],
  ];
  for (const [name, floor] of [
    ['full', FULL_WINDOW],
    ['floor 768', 768],
    ["finals' 512", FINAL_WINDOW_FLOOR],
    ['floor 384', 384],
    ['floor 256', 256],
    ["partials'", PARTIAL_WINDOW_FLOOR],
  ] as const) {
    let wrong = 0;
    let said = 0;
    const stops: string[] = [];
    const times: number[] = [];
    const short: number[] = [];
    for (const recording of chosen) {
      const started = performance.now();
      const { words, stop } = await decode(float(readSamples(recording.path)), floor);
      const took = performance.now() - started;
      times.push(took);
      if (recording.seconds >= 2 && recording.seconds <= 6) short.push(took);
      stops.push(stop);
      const count = wordErrorRate(
        recording.text,
        words.map(({ text, space }) => (space ? ` ${text}` : text)).join(''),
        'en',
      );
      wrong += count.errors;
      said += count.words;
    }
    const count = (stop: string): number => stops.filter((each) => each === stop).length;
    rows.push([
      name,
      String(chosen.length),
      (wrong / said) * 100,
      String(count('repeat')),
      String(count('budget')),
      median(times),
      quantile(short, 0.95) / median(short),
      mean(short),
    ]);
  }
  console.log(table(rows));
}

const float = (samples: Int16Array): Float32Array => Float32Array.from(samples, (value) => value / 32_768);
