import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder, from the sources as well as from `dist`. */
export function packageRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'sotto') return folder;
  }
  throw new Error('The package folder of sotto was not found.');
}

/** Where the build puts the addon. */
export function nativePath(): string {
  return join(packageRoot(), 'server', 'engine', 'native', 'build', 'Release', 'sotto_whisper.node');
}

export function isNativeBuilt(): boolean {
  return existsSync(nativePath());
}
