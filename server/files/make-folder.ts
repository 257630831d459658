import { chmodSync, mkdirSync } from 'node:fs';

/**
 * Makes a folder, and those above it, for its owner alone; one that is there becomes so. Throws what the file system
 * throws, with the right code: for a folder in a read-only file system Node's recursive call says ENOENT.
 */
export function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(folder, { mode: 0o700 });
  }
  // It may have been made by hand, and holds what people said.
  chmodSync(folder, 0o700);
}
