import { join } from 'node:path';
import type { Config } from '../config/options.ts';
import { errorCode } from '../core/errors/error-code.ts';
import type { JournalStore } from '../ports/journal-store.ts';
import type { Log } from '../ports/log.ts';
import { FileJournalStore } from '../store/file-journal-store.ts';

/** Largest journal of a session, bytes: its replayable events and a minute of the largest audio fit well. */
const SESSION_JOURNAL_BYTES_MAX = 67_108_864;

/** Whether sessions are journalled. Without a grace time they cannot be resumed and need no journal. */
export const isJournalWanted = (config: Config): boolean => config.journal && config['resume-grace-ms'] > 0;

/** Opens the store of journals; undefined when sessions are not journalled or the folder cannot be used, which is logged. */
export function openJournalStore(config: Config, folder: string, log: Log): JournalStore | undefined {
  if (!isJournalWanted(config)) return undefined;
  try {
    return new FileJournalStore({
      folder: join(folder, 'journal'),
      sync: config['journal-sync'] as 'always' | 'never',
      sessionBytesMax: SESSION_JOURNAL_BYTES_MAX,
      bytesMax: config['journal-max-mb'] * 1_048_576,
    });
  } catch (error) {
    const code = errorCode(error);
    log.error(
      { code, folder },
      code === 'ELOCKED'
        ? 'another server uses the data folder: sessions would not survive the end of this process, and no transcripts are kept; give it another --data'
        : 'the data folder cannot be written: sessions would not survive the end of this process, and no transcripts are kept; give it another --data',
    );
    return undefined;
  }
}
