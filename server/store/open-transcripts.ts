import { makeOwnFolder } from '../files/make-folder.ts';
import type { TranscriptBounds, TranscriptStore } from '../ports/transcripts.ts';
import { FolderLock } from './folder-lock.ts';
import { CannotKeep, codeOf } from './open-database.ts';
import { TranscriptThread } from './transcript-thread.ts';

export { CannotKeep } from './open-database.ts';

export interface TranscriptFolder {
  /** Made when it is not there; its owner's alone. */
  readonly folder: string;
  /** `always`: on the disk before a call is done. `never`: with the system, which outlives this process. */
  readonly sync: 'always' | 'never';
  readonly bounds: TranscriptBounds;
  /** Told when a broken file was set aside, with its new name. */
  brokenFile(name: string): void;
  /** Told of what went wrong in the thread and belongs to no call. */
  failed(error: unknown): void;
  /** Program of the thread; for where the sources are bundled. */
  readonly program?: URL | undefined;
}

/** Transcripts in a file of the folder, worked on by a thread of their own. Rejects with `CannotKeep`. */
export async function openTranscripts(options: TranscriptFolder): Promise<TranscriptStore> {
  const { folder } = options;
  const lock = lockOf(folder);
  try {
    return await TranscriptThread.start(options, () => lock.release());
  } catch (error) {
    lock.release();
    throw error instanceof CannotKeep
      ? error
      : new CannotKeep(`the file of transcripts cannot be opened (${codeOf(error)})`, { cause: error });
  }
}

function lockOf(folder: string): FolderLock {
  try {
    makeOwnFolder(folder);
    return new FolderLock(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CannotKeep(
      code === 'ELOCKED' ? 'another server uses the data folder' : `the data folder cannot be written (${code})`,
      { cause: error },
    );
  }
}
