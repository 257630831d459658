import type { Lock } from './manifest.ts';

/**
 * Optional packages of `@fugood/whisper.node` and `node-llama-cpp` that nothing here uses: libraries for graphics cards
 * (Sotto's models run on the processor), and processors and systems that Sotto does not run on. About 700 MB.
 */
const UNUSED = /^@(fugood\/node-whisper-|node-llama-cpp\/)(win|wasm|.*(cuda|vulkan|snapdragon|armv7l|riscv64))/;

type Optional = Readonly<Record<string, string>>;

/** The optional dependencies that are worth fetching. */
export function withoutUnused(dependencies: Optional): Record<string, string> {
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => !UNUSED.test(name)));
}

/**
 * A lock file without the unused packages. npm takes the dependencies of a package from the lock file, so `npm ci` neither
 * fetches nor misses them, and `npm install` of something else leaves them out, too.
 */
export function withoutUnusedPackages(lock: Lock): Lock {
  const entries = Object.entries(lock.packages).map(([path, { optionalDependencies, ...entry }]) => {
    if (optionalDependencies === undefined) return [path, entry] as const;
    const kept = withoutUnused(optionalDependencies);
    return [path, Object.keys(kept).length === 0 ? entry : { ...entry, optionalDependencies: kept }] as const;
  });
  const name = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const used = entries.filter(([path]) => Object.keys(withoutUnused({ [name(path)]: '' })).length > 0);
  return { ...lock, packages: Object.fromEntries(used) };
}
