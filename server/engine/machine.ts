import { statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { getRequestedKernels } from '../process/environment.ts';
import { getNativePath } from './native/locate.ts';

/** The processor and its number of cores, as one line. */
export function describeProcessor(): string {
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores`;
}

/** Identifies the engine, its build, by what changes when it is built again, and the kernels that `SOTTO_KERNELS` asks for. */
export function describeEngineBuild(engine: 'native' | 'stock' | 'script'): string {
  if (engine !== 'native') return engine;
  try {
    const { size, mtimeMs } = statSync(getNativePath());
    return ['native', size, Math.round(mtimeMs), getRequestedKernels()].filter(Boolean).join(' ');
  } catch {
    return engine;
  }
}
