import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Error codes of file systems that cannot flush a folder; they keep names as safely as they ever will. */
const CANNOT_FLUSH = ['EINVAL', 'EISDIR', 'ENOTSUP', 'ENOSYS'];

/**
 * Flushes a folder's list of names to the disk. Flushing a file makes its content safe, but a power cut can still undo
 * its creation, renaming or removal, which is part of the folder. Does nothing on Windows, where folders cannot be
 * flushed. Throws when the disk fails.
 */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (!CANNOT_FLUSH.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    closeSync(descriptor);
  }
}
