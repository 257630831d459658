import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseJson } from '../../protocol/parse-json.ts';

/** The folder of the checkout. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const names = z.record(z.string(), z.string());

const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  scripts: names.optional(),
  dependencies: names.optional(),
  optionalDependencies: names.optional(),
});

const lock = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ optionalDependencies: names.optional() })),
});

/** A `package.json`. */
export type Manifest = z.infer<typeof manifest>;
/** A `package-lock.json`. */
export type Lock = z.infer<typeof lock>;

/** The manifest of the package in `folder`, by default Sotto's own. */
export function readManifest(folder: string = ROOT): Manifest {
  return manifest.parse(parseJson(readFileSync(join(folder, 'package.json'), 'utf8')));
}

/** Sotto's lock file, which pins every dependency. */
export function readLock(): Lock {
  return lock.parse(parseJson(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
}
