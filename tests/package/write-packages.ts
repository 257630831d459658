import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeEnginePackage } from './engine-package.ts';
import { readManifest } from './manifest.ts';
import { writeServerPackage } from './server-package.ts';

export interface Package {
  /** Of the tarball. */
  readonly path: string;
  readonly megabytes: number;
}

/** Writes the tarballs of the engine and of the server to `out`. Wants `dist` to be built. */
export async function writePackages(out: string): Promise<Package[]> {
  const manifest = readManifest();
  const stage = mkdtempSync(join(tmpdir(), 'sotto-package-'));
  try {
    mkdirSync(out, { recursive: true });
    const engine = await writeEnginePackage(join(stage, 'engine'), manifest);
    await writeServerPackage(join(stage, 'server'), manifest);
    return [packFolder(join(stage, 'engine'), engine), packFolder(join(stage, 'server'), manifest.name)];
  } finally {
    rmSync(stage, { recursive: true });
  }

  function packFolder(folder: string, name: string): Package {
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', out], { cwd: folder, stdio: 'ignore' });
    const path = join(out, `${name}-${manifest.version}.tgz`);
    return { path, megabytes: statSync(path).size / 1e6 };
  }
}
