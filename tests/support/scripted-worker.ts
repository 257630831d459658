import { readFileSync } from 'node:fs';
import { ScriptedRecogniser, type ScriptWord } from '../../server/engine/script.ts';
import type { FromWorker, ToWorker } from '../../server/engine/wire.ts';
import { simulateDelay } from './until.ts';

/** What stands in the file that is given as the model. */
export interface WorkerScript {
  readonly words: readonly ScriptWord[];
  /** Seconds of the stream; a decode of audio that holds one of them aborts the process, or never ends. */
  readonly deadly?: readonly number[];
  readonly endless?: readonly number[];
  /** Or never ends, and is seen to make no step. */
  readonly stuck?: readonly number[];
  /** Says it takes this much memory after so many decodes. */
  readonly grows?: { readonly after: number; readonly memoryMb: number };
  /** How long a decode takes, ms; default 0. */
  readonly decodeMs?: number;
}

/** A worker process that answers from a script, and fails as it says. */
const send = (message: FromWorker): void => void process.send?.(message);
let script: WorkerScript = { words: [] };
let recogniser = new ScriptedRecogniser([]);
let decodes = 0;
/** How far each running decode is; all but stuck ones go on whenever they are asked about. */
const running = new Map<number, { steps: number; readonly stuck: boolean }>();
/** What a signal has made of it: its next decodes never end, or it says it has grown. */
let fault: 'none' | 'endless' | 'grown' = 'none';
process.on('SIGUSR2', () => {
  fault = 'endless';
});
process.on('SIGHUP', () => {
  fault = 'grown';
});

process.on('message', async (message: ToWorker) => {
  if (message.kind === 'setup') {
    script = JSON.parse(readFileSync(message.setup.modelPath, 'utf8'));
    recogniser = new ScriptedRecogniser(script.words);
    const about = { engine: 'stock', multilingual: true, realTimeFactor: 0.001, detail: 'a script' } as const;
    send({ kind: 'ready', ...about, small: undefined, memoryMb: 50 });
  }
  if (message.kind === 'ping') {
    const grown = script.grows !== undefined && decodes >= script.grows.after;
    for (const decode of running.values()) if (!decode.stuck) decode.steps++;
    const steps = Object.fromEntries([...running].map(([job, decode]) => [job, decode.steps]));
    send({ kind: 'alive', memoryMb: fault === 'grown' ? 100_000 : grown ? script.grows!.memoryMb : 50, steps });
  }
  if (message.kind !== 'decode') return;
  decodes++;
  const { job } = message;
  const holds = (seconds: readonly number[] = []): boolean =>
    seconds.some((at) => at * 16_000 >= job.fromSample && at * 16_000 < job.fromSample + job.samples.length);
  if (holds(script.deadly)) process.abort();
  if (holds(script.endless) || fault === 'endless') return;
  const stuck = holds(script.stuck);
  running.set(job.id, { steps: 1, stuck });
  if (stuck) return;
  if (script.decodeMs !== undefined) await simulateDelay(script.decodeMs);
  running.delete(job.id);
  const answer = await recogniser.decode({ ...job, samples: job.samples });
  if (answer.kind === 'hypothesis') send(answer);
});
process.on('disconnect', () => process.exit(0));
