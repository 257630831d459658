// How many paced streams one machine carries: steps of more streams until finals come late, then a server that is full, and
// one that is left to judge for itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../../client/sdk/index.ts';
import { areStreamsCarried, getStreamLimits } from '../../../server/core/capacity/stream-limits.ts';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { type BenchServer, feed, samplesOf, startBenchServer } from '../feed.ts';
import { type Measured, measure } from '../measures.ts';
import { cpuSeconds, machine, mean, memoryMb, quantile, readArgs, sample, table } from '../report.ts';

interface Step {
  readonly streams: number;
  readonly measured: readonly Measured[];
  readonly refused: readonly string[];
  /** Sessions that ended in another fault than a refusal. */
  readonly failed: readonly string[];
  readonly cpuPerSecond: number;
  readonly memory: number;
}

/** Five minutes until a busy machine is measured all the same, and the longest trial. */
const TRIAL_SECONDS_MAX = 660;

const HEAD = [
  'streams',
  'refused',
  'failed',
  'TTFS p50',
  'p95',
  'word mean',
  'p95',
  'lags',
  'unheard',
  'WER %',
  'CPU s/s',
  'MB',
];

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    model: 'tiny.en',
    steps: '1,2,4,8,12,16,20',
    seconds: '30',
    limit: '',
    beyond: '2',
    seed: '1',
    set: '',
    // `yes` also prints what the server's own trial finds, before the steps.
    trial: '',
  });
  const model = options['model']!;
  const usual = getStreamLimits(model);
  const limits = { ...usual, finalMs: Number(options['limit']) * 1_000 || usual.finalMs };
  const seconds = Number(options['seconds']);
  const set = ['--model', model, ...options['set']!.split(/[;\s]+/).filter(Boolean)];
  const recordings = sample(
    options['data']!.split(',')
      .flatMap(readRecordings)
      .filter(({ language }) => language === 'en'),
    Number(options['seed']),
  );
  console.log(`${machine()}; ${set.join(' ')}, ${seconds} s of speech a stream, paced, starts spread over 2 s`);
  if (options['trial'] === 'yes') console.log(`the server's own trial: ${await readTrial(set)}`);
  const rows: (string | number)[][] = [HEAD];
  let carried = 0;
  for (const streams of options['steps']!.split(',').map(Number)) {
    const step = await withServer([...set, '--sessions-max', String(streams)], (server) =>
      together(server, streams, { recordings, seconds }),
    );
    rows.push(row(step));
    // What was measured stays readable when the run is broken off.
    console.error(table([HEAD, rows.at(-1)!]));
    const isCarried = areStreamsCarried(
      step.measured.flatMap(({ finals }) => finals.map((delayS) => delayS * 1_000)),
      step.measured.flatMap(({ confirmed }) => confirmed.map(({ delayS }) => delayS * 1_000)),
      limits,
    );
    if (!isCarried || step.failed.length > 0 || step.refused.length > 0) break;
    carried = streams;
  }
  console.log(
    `${table(rows)}\n\nlargest step with p95 TTFS up to ${limits.finalMs / 1_000} s, words stable after ${limits.wordMs / 1_000} s on average, no fault: ${carried} streams`,
  );
  if (carried === 0) return;
  const full = await withServer([...set, '--sessions-max', String(carried)], (server) =>
    together(server, carried + Number(options['beyond']), { recordings, seconds }),
  );
  console.log(`\n${options['beyond']} more than --sessions-max ${carried}:\n${table([HEAD, row(full)])}`);
  for (const text of new Set(full.refused)) console.log(`refused with: ${text}`);
  const measured = await withServer(set, (server) => together(server, carried * 2, { recordings, seconds }));
  console.log(`\n${carried * 2} at a server that admits by its measured load:\n${table([HEAD, row(measured)])}`);
}

async function withServer<T>(args: readonly string[], use: (server: BenchServer) => Promise<T>): Promise<T> {
  const server = await startBenchServer(args);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

/** The number of streams that a server counts at its first start, or why it does not. */
async function readTrial(set: readonly string[]): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'sotto-trial-'));
  try {
    return await withServer([...set, '--measure', '--data', data], async (server) => {
      for (let waited = 0; waited < TRIAL_SECONDS_MAX; waited++) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        const { streams } = (await (await fetch(`${server.url}/v1/info`)).json()) as { streams?: number };
        if (streams !== undefined) return `${streams} streams after ${waited} s`;
      }
      return `none after ${TRIAL_SECONDS_MAX} s`;
    });
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** Streams at once, each reading other recordings one after the other. */
async function together(
  server: BenchServer,
  streams: number,
  { recordings, seconds }: { recordings: readonly Recording[]; seconds: number },
): Promise<Step> {
  const before = cpuSeconds(server.pid);
  const started = performance.now();
  const measured: Measured[] = [];
  const refused: string[] = [];
  const failed: string[] = [];
  const one = async (n: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, (n * 2_000) / streams));
    let fed = 0;
    for (let at = n * 3; fed < seconds; at++) {
      const recording = recordings[at % recordings.length]!;
      fed += recording.seconds + 1;
      try {
        measured.push(measure(recording, await feed(server.url, samplesOf(recording), { language: 'en' })));
      } catch (error) {
        const fault = error instanceof Fault ? error : undefined;
        const { message } = error as Error;
        // Before there is a WebSocket a client is shown the status alone.
        const full = fault?.code === 'server.full' || message.includes('response: 503');
        (full ? refused : failed).push(`${fault?.code ?? 'error'}: ${message}`);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: streams }, (_, n) => one(n)));
  const took = (performance.now() - started) / 1_000;
  const cpuPerSecond = (cpuSeconds(server.pid) - before) / took;
  return { streams, measured, refused, failed, cpuPerSecond, memory: memoryMb(server.pid) };
}

function row({ streams, measured, refused, failed, cpuPerSecond, memory }: Step): (string | number)[] {
  const finals = measured.flatMap((each) => each.finals);
  const confirmed = measured.flatMap((each) => each.confirmed.map(({ delayS }) => delayS));
  const sum = (pick: (each: Measured) => number): number => measured.reduce((so, each) => so + pick(each), 0);
  return [
    String(streams),
    String(refused.length),
    String(failed.length),
    quantile(finals, 0.5),
    quantile(finals, 0.95),
    mean(confirmed),
    quantile(confirmed, 0.95),
    String(sum(({ lags }) => lags)),
    String(measured.filter(({ shownWords }) => shownWords === 0).length),
    (sum(({ errors }) => errors) / sum(({ words }) => words)) * 100,
    cpuPerSecond,
    memory.toFixed(0),
  ];
}
