import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import { WorkerPool } from '../../server/engine/pool.ts';
import type { DecodeJob } from '../../server/ports/recogniser.ts';
import { readRecordings } from '../support/recordings.ts';
import { silentLog } from '../support/scripted-server.ts';
import { samplesOf } from './feed.ts';
import { float } from './native-decoder.ts';
import { quantile } from './report.ts';

const SIGNALS = { 'kill -9': 'SIGKILL', abort: 'SIGABRT', hangs: 'SIGSTOP' } as const;
const SECONDS = 5;
const WORKER = fileURLToPath(new URL('../../dist/server/engine/child/main.js', import.meta.url));

/**
 * What a fault of a worker costs with a real model: the worker is hit in the middle of a decode of 5 s of speech; the time is
 * from there to the answer to that decode, by the worker that takes its place. One row per model and fault, seconds.
 */
export async function realFaults(models: readonly string[], times: number, random: () => number) {
  if (!existsSync(WORKER)) throw new Error('The worker is not built; run `npm run build` first.');
  // The worker is plain JavaScript: no loader of the bench has to come up with it.
  const execArgv = process.execArgv.splice(0);
  const recordings = readRecordings(fileURLToPath(new URL('../fixtures/speech', import.meta.url)));
  const long = recordings.find(({ language, seconds }) => language === 'en' && seconds >= SECONDS)!;
  const samples = float(samplesOf(long)).slice(0, SECONDS * 16_000);
  const rows: (string | number)[][] = [];
  for (const model of models) {
    const pool = new WorkerPool({
      ...{ modelPath: getModelPath(findModel(model)!), modelName: model, engine: 'auto', decodeTimeoutMs: 10_000 },
      ...{ workerMemoryMbMax: 4_000, log: silentLog, childPath: WORKER },
    });
    await pool.ready();
    for (const [name, signal] of Object.entries(SIGNALS)) {
      const hits = [];
      for (let i = 0; i < times; i++) hits.push(await hit(pool, samples, signal, random));
      const seconds = hits.map(({ ms }) => ms / 1_000);
      const [p50, p95, most] = [0.5, 0.95, 1].map((share) => quantile(seconds, share));
      rows.push([
        `${model}: recogniser ${name}`,
        ...[times, hits.filter(({ same }) => !same).length].map(String),
        ...[p50!, p95!, most!],
      ]);
    }
    await pool.close();
  }
  process.execArgv.push(...execArgv);
  return [['fault', 'injected', 'other words', 'answer p50', 'p95', 'max'], ...rows];
}

let jobs = 0;

function jobOf(samples: Float32Array): DecodeJob {
  const about = { language: 'en', languages: [], task: 'transcribe', prompt: '', prefix: '' } as const;
  return { ...about, id: ++jobs, kind: 'final', samples, fromSample: 0 };
}

async function hit(pool: WorkerPool, samples: Float32Array, signal: NodeJS.Signals, random: () => number) {
  const whole = await textOf(pool, jobOf(samples));
  const answer = textOf(pool, jobOf(samples));
  await new Promise((resolve) => setTimeout(resolve, random() * 30));
  const fromMs = performance.now();
  process.kill(pool.pid!, signal);
  const text = await answer;
  return { ms: performance.now() - fromMs, same: text === whole };
}

async function textOf(pool: WorkerPool, job: DecodeJob): Promise<string> {
  const answer = await pool.decode(job);
  return answer.kind === 'hypothesis' ? answer.hypothesis.words.map(({ text }) => text).join(' ') : answer.text;
}
