import { openSync, readSync } from 'node:fs';
import { endWithParent, residentMemoryMb, sendToParent } from '../../process/child/parent-link.ts';
import type { FromWorker, ToWorker, WireJob, WorkerSetup } from '../wire.ts';
import type { ChildEngine } from './engine.ts';
import { chooseThreadCount } from './threads.ts';

/** The worker process: loads one model, decodes what it is sent, and ends with its parent. */
let engine: ChildEngine | undefined;
/** The second model, by the name that jobs give. */
let small: { readonly name: string; readonly engine: ChildEngine } | undefined;
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
        steps: { ...engine?.steps?.(), ...small?.engine.steps?.() },
      });
      return;
  }
});
endWithParent();

async function start(setup: WorkerSetup): Promise<void> {
  cores = setup.cores;
  try {
    engine = await open(setup);
    const realTimeFactor = await measured(setup, engine);
    const second = await openSmall(setup);
    const { name, multilingual, detail } = engine;
    send({
      ...{ kind: 'ready', engine: name, multilingual, realTimeFactor, detail },
      small: second,
      memoryMb: residentMemoryMb(),
    });
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const known = code === 'model.absent' || code === 'model.corrupt';
    send({ kind: 'refused', code: known ? code : 'engine.absent', problem: message ?? String(error) });
  }
}

async function open(setup: WorkerSetup): Promise<ChildEngine> {
  if (setup.engine === 'native') return new (await import('./whisper-native.ts')).NativeEngine(setup);
  const { checkModelFile } = await import('../native/model-file.ts');
  checkModelFile(setup.modelPath);
  return (await import('./whisper-stock.ts')).StockEngine.load(setup, isMultilingual(setup.modelPath));
}

/** A worker that takes another's place need not measure again. */
async function measured(setup: WorkerSetup, chosen: ChildEngine): Promise<number> {
  return setup.warmUp === 'skip' ? 0 : warmUp(chosen);
}

async function openSmall(setup: WorkerSetup) {
  if (setup.small === undefined) return undefined;
  const { name, path } = setup.small;
  small = { name, engine: await open({ ...setup, modelPath: path }) };
  return { multilingual: small.engine.multilingual, realTimeFactor: await measured(setup, small.engine) };
}

/** The vocabulary's size stands second in the file; English-only models have 51864 words. */
function isMultilingual(path: string): boolean {
  const header = Buffer.alloc(8);
  readSync(openSync(path, 'r'), header, 0, 8, 0);
  return header.readInt32LE(4) >= 51_865;
}

/** One decode of four seconds of a quiet tone: pages the weights in and measures what a decode costs here. */
async function warmUp(engine: ChildEngine): Promise<number> {
  const seconds = 4;
  const samples = Float32Array.from({ length: seconds * 16_000 }, (_, i) => 0.01 * Math.sin(i / 20));
  const job: WireJob = {
    id: 0,
    kind: 'final',
    samples,
    fromSample: 0,
    language: 'en',
    languages: [],
    task: 'transcribe',
    prompt: '',
    prefix: '',
  };
  const signal = new AbortController().signal;
  // The stock binding takes seconds for one; measuring the first is honest enough there. Natively the first pages the
  // weights in, and of the next two the faster is nearer to what the machine can do.
  const runs = engine.name === 'native' ? 3 : 1;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    await engine.decode(job, cores, signal);
    best = Math.min(best, performance.now() - started);
  }
  return best / 1000 / seconds;
}

async function decode(job: WireJob): Promise<void> {
  const controller = new AbortController();
  running.set(job.id, controller);
  try {
    const chosen = job.model !== undefined && job.model === small?.name ? small.engine : engine;
    if (chosen === undefined) throw new Error('the engine is not ready');
    const threads = chooseThreadCount(cores, running.size);
    send({ kind: 'hypothesis', job: job.id, hypothesis: await chosen.decode(job, threads, controller.signal) });
  } catch (error) {
    send({ kind: 'failed', job: job.id, problem: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(job.id);
  }
}

const send: (message: FromWorker) => void = sendToParent;
