import { openSync, readSync } from 'node:fs';
import { endWithParent, residentMemoryMb, sendToParent } from '../../process/child/parent-link.ts';
import { createWarmUpJob, WARM_UP_S } from '../warm-up.ts';
import type { FromWorker, ToWorker, WireJob, WorkerSetup } from '../wire.ts';
import type { ChildEngine } from './engine.ts';
import { chooseThreadCount } from './threads.ts';

/** The worker process: loads its models, decodes the jobs it is sent, and ends with its parent. */
let engine: ChildEngine | undefined;
/** The other models, under the names that jobs use. */
const others = new Map<string, ChildEngine>();
let cores = 1;
const running = new Map<number, AbortController>();

process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'setup':
      void start(message.setup);
      return;
    case 'decode':
      void decode(message.job);
      return;
    case 'abort':
      running.get(message.job)?.abort();
      return;
    case 'ping':
      send({
        kind: 'alive',
        memoryMb: residentMemoryMb(),
        steps: Object.assign({}, ...[engine, ...others.values()].map((each) => each?.countSteps?.())),
      });
      return;
  }
});
endWithParent();

async function start(setup: WorkerSetup): Promise<void> {
  cores = setup.cores;
  try {
    engine = await openEngine(setup);
    const realTimeFactor = await measure(setup, engine, RUNS);
    const small = await openSmall(setup);
    const second = await openSecond(setup);
    const { name, multilingual, detail } = engine;
    send({
      ...{ kind: 'ready', engine: name, multilingual, realTimeFactor, detail },
      ...{ small, second },
      memoryMb: residentMemoryMb(),
    });
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const known = code === 'model.absent' || code === 'model.corrupt';
    send({ kind: 'refused', code: known ? code : 'engine.absent', problem: message ?? String(error) });
  }
}

async function openEngine(setup: WorkerSetup): Promise<ChildEngine> {
  if (setup.engine === 'native') return new (await import('./whisper-native.ts')).NativeEngine(setup);
  const { checkModelFile } = await import('../native/model-file.ts');
  checkModelFile(setup.modelPath);
  return (await import('./whisper-stock.ts')).StockEngine.load(setup, isMultilingual(setup.modelPath));
}

/** A replacement worker need not measure again. */
async function measure(setup: WorkerSetup, chosen: ChildEngine, runs: number): Promise<number> {
  return setup.warmUp === 'skip' ? 0 : warmUp(chosen, runs);
}

async function openSmall(setup: WorkerSetup) {
  if (setup.small === undefined) return undefined;
  const small = await openOther(setup.small, setup);
  return { multilingual: small.multilingual, realTimeFactor: await measure(setup, small, SMALL_RUNS) };
}

/** Not measured: nobody waits for its decodes. */
async function openSecond(setup: WorkerSetup) {
  if (setup.second === undefined) return undefined;
  const { multilingual } = await openOther(setup.second, setup);
  return { multilingual };
}

async function openOther(
  { name, path }: { readonly name: string; readonly path: string },
  setup: WorkerSetup,
): Promise<ChildEngine> {
  const opened = await openEngine({ ...setup, modelPath: path });
  others.set(name, opened);
  return opened;
}

/** The vocabulary size is the second number in the file; English-only models have 51864 words. */
function isMultilingual(path: string): boolean {
  const header = Buffer.alloc(8);
  readSync(openSync(path, 'r'), header, 0, 8, 0);
  return header.readInt32LE(4) >= 51_865;
}

/** Decodes of the warm-up. The first one pages the weights in; the fastest is closest to what the machine can do. */
const RUNS = 3;
/** Of the second model, for which nobody should wait long. */
const SMALL_RUNS = 2;

/** Decodes four seconds of a quiet tone: this pages the weights in and measures the cost of a decode. */
async function warmUp(engine: ChildEngine, nativeRuns: number): Promise<number> {
  const job = createWarmUpJob();
  const signal = new AbortController().signal;
  // The stock binding takes seconds for one decode.
  const runs = engine.name === 'native' ? nativeRuns : 1;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    await engine.decode(job, cores, signal);
    best = Math.min(best, performance.now() - started);
  }
  return best / 1000 / WARM_UP_S;
}

async function decode(job: WireJob): Promise<void> {
  const controller = new AbortController();
  running.set(job.id, controller);
  try {
    const target = others.get(job.model ?? '') ?? engine;
    if (target === undefined) throw new Error('the engine is not ready');
    const threads = chooseThreadCount(cores, running.size);
    send({ kind: 'hypothesis', job: job.id, hypothesis: await target.decode(job, threads, controller.signal) });
  } catch (error) {
    send({ kind: 'failed', job: job.id, problem: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(job.id);
  }
}

const send: (message: FromWorker) => void = sendToParent;
