import type { Config } from '../config/options.ts';
import { Journals } from '../flow/journals.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { CleanupStack } from './cleanup-stack.ts';
import { isJournalWanted } from './journal-store.ts';
import type { Openers } from './openers.ts';
import type { TranscriptParts } from './transcripts.ts';

/** What the server stores in its data folder. */
export interface Storage {
  /** Journals of open sessions; undefined when there are none. */
  readonly journals: Journals | undefined;
  readonly transcripts: TranscriptParts;
}

/** Opens the data folder. If it cannot be written, the server runs without. */
export async function openStorage(
  config: Config,
  {
    folder,
    log,
    meter,
    open,
    cleanup,
  }: {
    readonly folder: string;
    readonly log: Log;
    readonly meter: Meter;
    readonly open: Openers;
    readonly cleanup: CleanupStack;
  },
): Promise<Storage> {
  const store = open.journalStore(config, folder, log);
  if (store !== undefined) cleanup.add(store);
  // Closed before the journals, which are removed once their transcripts are written.
  const isReported = isJournalWanted(config) && store === undefined;
  const transcripts = cleanup.add(await open.transcripts(config, { folder, isReported }, log));
  return { journals: store && new Journals(store, log, meter), transcripts };
}
