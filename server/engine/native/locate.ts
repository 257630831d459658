import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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
const BINARY = 'sotto_whisper.node';

/**
 * Path of the addon: the one that was built here, or else the one in the package of this platform
 * (`sotto-engine-linux-x64` and the like) with this version. Without either, the path at which a build would put it.
 */
export function getNativePath(): string {
  const root = getPackageRoot();
  const built = join(root, 'server', 'engine', 'native', 'build', 'Release', BINARY);
  return existsSync(built) ? built : (findPackagedEngine(root) ?? built);
}

/** `build.mjs` looks in the same place. */
function findPackagedEngine(root: string): string | undefined {
  const require = createRequire(join(root, 'package.json'));
  try {
    const name = `sotto-engine-${process.platform}-${process.arch}`;
    const isSameVersion = require(`${name}/package.json`).version === require('./package.json').version;
    return isSameVersion ? require.resolve(`${name}/${BINARY}`) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is an addon for this platform. */
export function isNativeBuilt(): boolean {
  return existsSync(getNativePath());
}

/**
 * Why the addon cannot run here (not built, built for another system, a processor below its base line), or undefined.
 * Runs a process of its own, which a binary for another processor may end.
 */
export function findNativeMismatch(): string | undefined {
  if (!isNativeBuilt()) return 'it is not built';
  const script = join(getPackageRoot(), 'server', 'engine', 'native', 'build.mjs');
  const { status, signal, stdout } = spawnSync(process.execPath, [script, '--check'], {
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
  });
  if (signal === 'SIGILL') return 'this processor lacks instructions that it needs (AVX2, FMA and F16C on x64)';
  if (status !== 0) return `it does not load (${signal ?? `status ${status}`})`;
  return stdout === '' ? undefined : stdout;
}
