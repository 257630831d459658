import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { resolveProgramPath } from './program-path.ts';

/**
 * Starts a thread with a program that lies beside a module, in the sources as well as in `dist`.
 * @param name Relative to the module, without an extension: `./thread/main`.
 */
export function startThread(moduleUrl: string, name: string, options: WorkerOptions): Worker {
  const path = resolveProgramPath(moduleUrl, name);
  if (!path.endsWith('.ts')) return new Worker(path, options);
  // Where the sources run as they are, a thread has to be told how to read them: it does not take over the loader.
  const loader = `data:text/javascript,import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}; register();`;
  return new Worker(pathToFileURL(path), { ...options, execArgv: ['--import', loader] });
}
