import { TranscriptRecorder, type TranscriptRecorderParts } from '../../server/flow/transcript-recorder.ts';
import { systemClock } from '../../server/observe/clock.ts';
import type { TranscriptCalls, TranscriptStore } from '../../server/ports/transcripts.ts';
import { MemoryTranscripts } from '../../server/store/memory-transcripts.ts';
import { silentLog } from './scripted-server.ts';

/** A store that makes its calls at once, and answers a moment later. */
export function promiseCalls(calls: TranscriptCalls): TranscriptStore {
  return new Proxy({} as TranscriptStore, {
    get: (_, name) => {
      if (name === 'then') return undefined;
      if (name === 'close') return async () => {};
      return async (...args: unknown[]) =>
        (calls[name as keyof TranscriptCalls] as (...args: unknown[]) => unknown).apply(calls, args);
    },
  });
}

/** A transcript recorder that writes to `store`, in memory. */
export function memoryRecorder({
  calls,
  ...parts
}: Partial<TranscriptRecorderParts> & { readonly calls?: TranscriptCalls } = {}) {
  const store = new MemoryTranscripts(Date.now);
  const recorder = new TranscriptRecorder({
    ...{ store: promiseCalls(calls ?? store), unavailableReason: '', mode: 'asked', keepDays: 0 },
    ...{ nowMs: Date.now, clock: systemClock, log: silentLog },
    ...parts,
  });
  return { store, recorder };
}
