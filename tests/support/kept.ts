import { Keeper, type KeeperParts } from '../../server/flow/keeper.ts';
import { systemClock } from '../../server/observe/clock.ts';
import { MemoryTranscripts } from '../../server/store/memory-transcripts.ts';
import { silentLog } from './scripted-server.ts';

/** A keeper over transcripts in memory. */
export function memoryKeeper(parts: Partial<KeeperParts> = {}) {
  const store = new MemoryTranscripts(Date.now);
  const keeper = new Keeper({
    ...{ store, absence: '', mode: 'asked', keepDays: 0, nowMs: Date.now, clock: systemClock, log: silentLog },
    ...parts,
  });
  return { store, keeper };
}
