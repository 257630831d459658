import { statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { getNativePath } from './native/locate.ts';

/** The processor and its number of cores, as one line. */
export function describeProcessor(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores`;
}

/** Identifies the engine and its build, by what changes when it is built again. */
export function describeEngineBuild(engine: 'native' | 'stock' | 'script'): string {
  if (engine !== 'native') return engine;
  try {
    const { size, mtimeMs } = statSync(getNativePath());
    return `native ${size} ${Math.round(mtimeMs)}`;
  } catch {
    return engine;
  }
}
