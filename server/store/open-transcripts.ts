import { errorCode } from '../core/errors/error-code.ts';
import { makePrivateFolder } from '../files/make-folder.ts';
import type { TranscriptStore } from '../ports/transcripts.ts';
import { FolderLock } from './folder-lock.ts';
import { StorageUnavailable } from './open-database.ts';
import { type TranscriptFolder, TranscriptThread } from './transcript-thread.ts';

export { StorageUnavailable } from './open-database.ts';
export type { TranscriptFolder } from './transcript-thread.ts';

/**
 * Opens transcripts stored in a file of the folder and handled by a separate thread. Rejects with `StorageUnavailable`.
 */
export async function openTranscripts(options: TranscriptFolder): Promise<TranscriptStore> {
  const { folder } = options;
  const lock = lockFolder(folder);
  try {
    return await TranscriptThread.start(options, () => lock.release());
  } catch (error) {
    lock.release();
    throw error instanceof StorageUnavailable
      ? error
      : new StorageUnavailable(`the transcript file cannot be opened (${errorCode(error)})`, { cause: error });
  }
}

function lockFolder(folder: string): FolderLock {
  try {
    makePrivateFolder(folder);
    return new FolderLock(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StorageUnavailable(
      code === 'ELOCKED' ? 'another server uses the data folder' : `the data folder cannot be written (${code})`,
      { cause: error },
    );
  }
}
