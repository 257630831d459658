import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { resolveProgramPath } from './program-path.ts';

/**
 * Starts a thread with a program in the folder of a module, both in the sources and in `dist`.
 * @param name Relative to the module, without an extension: `./thread/main`.
 */
export function startThread(moduleUrl: string, name: string, options: WorkerOptions): Worker {
  const path = resolveProgramPath(moduleUrl, name);
  if (!path.endsWith('.ts')) return new Worker(path, options);
  // When running from the sources, a thread needs the TypeScript loader registered: it does not inherit it.
  const loader = `data:text/javascript,import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}; register();`;
  return new Worker(pathToFileURL(path), { ...options, execArgv: ['--import', loader] });
}
