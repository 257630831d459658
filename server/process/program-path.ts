import { fileURLToPath } from 'node:url';

/**
 * Path of a program in the folder of a module, both in the sources and in `dist`.
 * @param name Relative to the module, without an extension: `./child/main`.
 */
export function resolveProgramPath(moduleUrl: string, name: string): string {
  const extension = moduleUrl.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`${name}.${extension}`, moduleUrl));
}
