// One long paced session made of recordings whose word times are known: does it fall behind, grow, or lose the time?
import { fileURLToPath } from 'node:url';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { feed, samplesOf, startBenchServer } from '../feed.ts';
import { type Measured, measure } from '../measures.ts';
import { cpuSeconds, machine, mean, memoryMb, quantile, readArgs, slope, table } from '../report.ts';

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    model: 'tiny.en',
    minutes: '10',
    sessions: '1',
    set: '',
  });
  const minutes = Number(options['minutes']);
  const sessions = Number(options['sessions']);
  const set = ['--model', options['model']!, ...options['set']!.split(/[;\s]+/).filter(Boolean)];
  const { recording, samples } = join(options['data']!, minutes * 60);
  console.log(`${machine()}; ${set.join(' ')}, ${sessions} sessions of ${minutes} min, paced`);
  const server = await startBenchServer(set);
  const memory: { atS: number; mb: number }[] = [];
  const empty = memoryMb(server.pid);
  const before = cpuSeconds(server.pid);
  const started = performance.now();
  const note = (): void => {
    const atS = (performance.now() - started) / 1_000;
    const mb = memoryMb(server.pid);
    // Every tenth minute is told at once: who waits two hours wants to know that it goes on.
    if (Math.floor(atS / 600) > Math.floor((memory.at(-1)?.atS ?? 0) / 600))
      console.log(`after ${(atS / 60).toFixed(0)} min: ${mb.toFixed(0)} MB`);
    memory.push({ atS, mb });
  };
  const timer = setInterval(note, Math.min(5_000, minutes * 3_000));
  try {
    const all = await Promise.all(
      Array.from({ length: sessions }, () => feed(server.url, samples, { language: 'en' })),
    );
    const measured = all.map((arrivals) => measure(recording, arrivals));
    const cpu = (cpuSeconds(server.pid) - before) / (minutes * 60);
    const most = Math.max(empty, ...memory.map(({ mb }) => mb));
    console.log(windows(measured, minutes * 60));
    const confirmed = measured.flatMap((each) => each.confirmed);
    // The first quarter warms models and caches up; growth is what comes after.
    const warm = memory.filter(({ atS }) => atS >= minutes * 15);
    console.log(
      [
        `\nlag slope ${slope(confirmed.map(({ endS, delayS }) => [endS / 3_600, delayS])).toFixed(2)} s an hour`,
        `RSS slope ${slope(warm.map(({ atS, mb }) => [atS / 3_600, mb])).toFixed(1)} MB an hour after the first quarter`,
        `${((most - empty) / sessions).toFixed(0)} MB a session beyond the ${empty.toFixed(0)} MB of the idle server`,
        `${cpu.toFixed(2)} CPU seconds a second`,
        `revised ${measured.reduce((sum, each) => sum + each.revisedFinals, 0)}`,
      ].join('; '),
    );
  } finally {
    clearInterval(timer);
    await server.stop();
  }
}

/** Recordings with known word times one after the other, up to the length. */
function join(data: string, seconds: number): { recording: Recording; samples: Int16Array } {
  const known = data
    .split(',')
    .flatMap(readRecordings)
    .filter(({ language, words }) => language === 'en' && words.length > 0);
  if (known.length === 0) throw new Error(`no English recording with word times in ${data}`);
  const samples = new Int16Array(Math.round(seconds * 16_000));
  const words: Recording['words'][number][] = [];
  for (let at = 0, n = 0; at < samples.length; n++) {
    const recording = known[n % known.length]!;
    const part = samplesOf(recording);
    samples.set(part.subarray(0, samples.length - at), at);
    for (const { word, start, end } of recording.words)
      if (at / 16_000 + end <= seconds) words.push({ word, start: at / 16_000 + start, end: at / 16_000 + end });
    at += part.length;
  }
  const text = words.map(({ word }) => word).join(' ');
  return { recording: { file: 'joined', path: '', kind: 'long', language: 'en', text, seconds, words }, samples };
}

/** The first, middle and last fifth side by side. */
function windows(measured: readonly Measured[], seconds: number): string {
  const rows = [0, 0.4, 0.8].map((from) => {
    const within = (endS: number): boolean => endS >= from * seconds && endS < (from + 0.2) * seconds;
    const delays = measured.flatMap((each) => each.confirmed.filter(({ endS }) => within(endS)));
    const times = measured.flatMap((each) => each.timed.filter(({ endS }) => within(endS)));
    return [
      `${Math.round(from * seconds)}-${Math.round((from + 0.2) * seconds)} s`,
      String(delays.length),
      mean(delays.map(({ delayS }) => delayS)),
      quantile(
        delays.map(({ delayS }) => delayS),
        0.95,
      ),
      (times.length / delays.length) * 100,
      quantile(
        times.map(({ errorMs }) => errorMs),
        0.5,
      ),
      quantile(
        times.map(({ errorMs }) => errorMs),
        0.95,
      ),
    ];
  });
  return table([['part', 'words', 'word mean', 'p95', 'paired %', 'time ms p50', 'p95'], ...rows]);
}
