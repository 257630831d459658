import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not `import.meta.url`: it stays the address of the source (`tests/run/compile.ts`).
const HERE = import.meta.filename;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A program of this repository, and the flags of `node` that it needs. */
export interface Program {
  readonly flags: readonly string[];
  readonly path: string;
}

/** By the path of its source: what `npm test` has compiled of it, or the source when the test runs from its source. */
export function program(path: string): Program {
  if (HERE.endsWith('.ts')) return { flags: ['--import', import.meta.resolve('tsx')], path: join(ROOT, path) };
  return {
    flags: ['--enable-source-maps'],
    path: join(dirname(dirname(dirname(HERE))), path.replace(/\.ts$/, '.js')),
  };
}

/** The arguments of `node` that start it. */
export function programArgs(path: string): readonly string[] {
  const { flags, path: file } = program(path);
  return [...flags, file];
}
