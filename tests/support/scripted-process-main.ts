import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LlamaCleaner } from '../../server/cleaner/llama.ts';
import { WorkerPool } from '../../server/engine/pool.ts';
import type { TranscriptRecorder } from '../../server/flow/transcript-recorder.ts';
import type { SpeechModel } from '../../server/ports/speech-model.ts';
import { FileJournalStore } from '../../server/store/file-journal-store.ts';
import { openTranscripts } from '../../server/store/open-transcripts.ts';
import { EnergyModel } from '../../server/vad/energy.ts';
import { memoryRecorder } from './memory-recorder.ts';
import type { Look, ScriptedSetup } from './scripted-process.ts';
import { openScriptedServer, silentLog } from './scripted-server.ts';

/** A scripted server in a process of its own, to be killed. Its first message is what it runs with. */
process.once('message', async (setup: ScriptedSetup) => {
  const { words, port, folder, programs, transcripts, graceMs = 30_000, deadlyAbove, clockMs = 0 } = setup;
  setClock(clockMs);
  const store = new FileJournalStore({ folder, sync: 'never', sessionBytesMax: 1 << 26, bytesMax: 1 << 30 });
  const processes = programs === undefined ? undefined : await startProcesses(setup, programs);
  const speechModel = deadlyAbove === undefined ? new EnergyModel() : deadly(deadlyAbove);
  const recorder = transcripts === undefined ? undefined : await openSqliteRecorder(transcripts);
  const kept = recorder === undefined ? {} : { recorder };
  const server = await openScriptedServer(words, 1_000, { ...processes, ...kept, speechModel, store, port, graceMs });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  process.on('message', async (message: 'look' | { readonly clockMs: number }) => {
    if (message !== 'look') setClock(message.clockMs);
    // One that is starting is not hit: it would wait longer and longer before it starts again.
    await processes?.cleaner.ready().catch(() => {});
    const look: Look = {
      recogniser: processes?.recogniser.pid,
      cleaner: processes?.cleaner.pid,
      sessions: server.registry.size,
      memoryMb: process.memoryUsage.rss() / 1e6,
      usedMb: usedMb(),
      timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
      lagMs: delay.max / 1e6,
    };
    delay.reset();
    process.send?.(look);
  });
  process.send?.('listening');
});
// Whoever started it is gone.
process.once('disconnect', () => process.exit(0));

function usedMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/** The wall clock of this process, as somebody might set the machine's. */
const rightNow = Date.now.bind(Date);
const RightDate = Date;
function setClock(byMs: number): void {
  globalThis.Date = new Proxy(RightDate, {
    construct: (target, args) => (args.length === 0 ? new target(rightNow() + byMs) : Reflect.construct(target, args)),
    get: (target, name) => (name === 'now' ? () => rightNow() + byMs : Reflect.get(target, name)),
  });
}

/** As a native library that does not survive what it is given. */
function deadly(above: number): SpeechModel {
  const model = new EnergyModel();
  return {
    thresholds: model.thresholds,
    openProbe: () => {
      const probe = model.openProbe();
      return {
        computeProbability: (window) => {
          if (window.some((sample) => Math.abs(sample) > above)) process.kill(process.pid, 'SIGKILL');
          return probe.computeProbability(window);
        },
        close: () => probe.close(),
      };
    },
    close: () => model.close(),
  };
}

async function startProcesses({ words, folder }: ScriptedSetup, programs: string) {
  const modelPath = join(folder, 'script.json');
  writeFileSync(modelPath, JSON.stringify({ words, decodeMs: 5 }));
  const recogniser = new WorkerPool({
    ...{ modelPath, modelName: 'script', engine: 'stock', slots: 2, decodeTimeoutMs: 60_000, workerMemoryMbMax: 1_000 },
    ...{ log: silentLog, childPath: join(programs, 'scripted-worker.mjs') },
  });
  const cleaner = new LlamaCleaner({
    ...{ modelPath: '', modelName: 'script', style: 'sotto-clean', threads: 1, log: silentLog },
    childPath: join(programs, 'scripted-cleaner.mjs'),
  });
  await Promise.all([recogniser.ready(), cleaner.ready()]);
  return { recogniser, cleaner };
}

async function openSqliteRecorder(folder: string): Promise<TranscriptRecorder> {
  const bounds = { bytesMax: 0, bytesPerOwnerMax: 0 };
  const failed = (error: unknown): never => {
    throw error;
  };
  const program = new URL('./transcript-thread-main.mjs', import.meta.url);
  const store = await openTranscripts({
    folder,
    sync: 'never',
    bounds,
    onBrokenFile: () => {},
    onError: failed,
    program,
  });
  return memoryRecorder({ store, keepsAudio: true }).recorder;
}
