import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of Sotto's package, whether this runs from the sources or from `dist`. Throws when there is none. */
export function getPackageRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'sotto') return folder;
  }
  throw new Error('The package folder of sotto was not found.');
}

const CHECK_TIMEOUT_MS = 10_000;

/** Path at which the build puts the addon. */
export function getNativePath(): string {
  return join(getPackageRoot(), 'server', 'engine', 'native', 'build', 'Release', 'sotto_whisper.node');
}

export function isNativeBuilt(): boolean {
  return existsSync(getNativePath());
}

/**
 * Why the addon cannot run here (not built, built for another processor or system, does not load), or undefined. Runs a
 * process of its own, which a binary for another processor may end.
 */
export function findNativeMismatch(): string | undefined {
  if (!isNativeBuilt()) return 'it is not built';
  const script = join(getPackageRoot(), 'server', 'engine', 'native', 'build.mjs');
  const { status, signal, stdout } = spawnSync(process.execPath, [script, '--check'], {
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
  });
  if (status !== 0) return `it does not load (${signal ?? `status ${status}`})`;
  return stdout === '' ? undefined : stdout;
}
