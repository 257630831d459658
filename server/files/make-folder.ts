import { chmodSync, mkdirSync } from 'node:fs';

/**
 * Creates a folder and its parents for their owner alone; an existing one gets these permissions. Throws what the file
 * system throws, with the right code: for a folder in a read-only file system Node's recursive call says ENOENT.
 */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(folder, { mode: 0o700 });
  }
  // It may have been created by hand, and holds people's speech.
  chmodSync(folder, 0o700);
}
